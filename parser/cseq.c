#include "parser/cseq.h"

#include "parser/params.h"
#include "parser/scan.h"

bool
cseq_parse(struct slice value, uint32_t *number, struct slice *method)
{
    struct slice digits = scan_take(&value, SCAN_TOKEN);
    uint32_t sequence;
    struct slice word;

    if (!number_parse(digits, &sequence) || sequence > INT32_MAX)
        return false;
    scan_lws(&value);
    word = scan_take(&value, SCAN_TOKEN);
    if (word.len == 0 || value.len > 0)
        return false;
    *number = sequence;
    *method = word;
    return true;
}

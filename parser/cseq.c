#include "parser/cseq.h"

#include "parser/scan.h"

bool
cseq_parse(struct slice value, uint32_t *number, struct slice *method)
{
    uint32_t sequence;
    struct slice word;

    if (!scan_take_number(&value, &sequence) || sequence > INT32_MAX || value.len == 0 ||
        !scan_is(value.at[0], SCAN_LWS))
        return false;
    scan_lws(&value);
    word = scan_take(&value, SCAN_TOKEN);
    if (word.len == 0 || value.len > 0)
        return false;
    *number = sequence;
    *method = word;
    return true;
}

#include "parser/name_addr.h"

#include "parser/params.h"
#include "parser/scan.h"

/* "0" [ "." 0*3DIGIT ] or "1" [ "." 0*3("0") ], in thousandths; -1 for anything else. */
static int
q_of(struct slice text)
{
    int q = 0, unit = 100;

    if (text.len == 0 || text.len > 5 || (text.at[0] != '0' && text.at[0] != '1') ||
        (text.len > 1 && text.at[1] != '.'))
        return -1;
    q = (text.at[0] - '0') * 1000;
    for (size_t i = 2; i < text.len; i++) {
        if (text.at[i] < '0' || text.at[i] > '9')
            return -1;
        q += (text.at[i] - '0') * unit;
        unit /= 10;
    }
    return q <= 1000 ? q : -1;
}

/* False where the parameter makes the Contact bad. */
static bool
read_param(struct contact *out, struct slice name, struct slice value)
{
    uint32_t number;

    if (slice_equal_nocase(name, SLICE("q")) && out->q_thousandths < 0) {
        out->q_thousandths = q_of(value);
        return out->q_thousandths >= 0;
    }
    if (slice_equal_nocase(name, SLICE("expires")) && out->expires_s < 0) {
        if (number_parse(value, &number))
            out->expires_s = number;
    } else if (slice_equal_nocase(name, SLICE("+sip.instance"))) {
        if (slice_is_absent(out->instance))
            out->instance = params_unquoted(value);
    } else if (slice_equal_nocase(name, SLICE("methods"))) {
        if (slice_is_absent(out->methods))
            out->methods = params_unquoted(value);
    }
    return true;
}

enum parse_status
contact_parse(struct slice text, struct contact *out, const char **why)
{
    struct contact contact = { .q_thousandths = -1, .expires_s = -1 };
    struct slice rest, name, value;

    contact.is_star = slice_equal(slice_trim(text), SLICE("*"));
    if (!contact.is_star && name_addr_parse(text, &contact.address, why) != PARSE_OK)
        return PARSE_BAD;
    rest = contact.address.params;
    while (params_next(&rest, &name, &value))
        if (!read_param(&contact, name, value)) {
            *why = "Bad q of Contact";
            return PARSE_BAD;
        }
    *out = contact;
    return PARSE_OK;
}

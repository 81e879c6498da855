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

/* What is wrong with the parameter; NULL: nothing. Of two alike the first counts. */
static const char *
read_contact_param(struct contact *out, struct slice name, struct slice value)
{
    uint32_t number;

    if (scan_is_word(name, "q")) {
        if (out->q_thousandths >= 0)
            return NULL;
        out->q_thousandths = q_of(value);
        return out->q_thousandths < 0 ? "Bad q of Contact" : NULL;
    }
    if (scan_is_word(name, "expires")) {
        if (out->expires_s < 0 && scan_number(value, &number))
            out->expires_s = number;
    } else if (scan_is_word(name, "+sip.instance")) {
        if (slice_is_absent(out->instance))
            out->instance = params_unquoted(value);
    } else if (scan_is_word(name, "methods")) {
        if (slice_is_absent(out->methods))
            out->methods = params_unquoted(value);
    }
    return name_addr_param(&out->address, name, value);
}

static const char *
read_contact_params(struct slice rest, struct contact *out)
{
    struct slice name, value;
    const char *fault = NULL;
    enum param_taken taken;

    while (fault == NULL && (taken = params_take(&rest, &name, &value)) == PARAM_TAKEN)
        fault = read_contact_param(out, name, value);
    if (fault != NULL)
        return fault;
    scan_lws(&rest);
    return taken == PARAM_BAD || rest.len > 0 ? "Bad parameter of Contact" : NULL;
}

/* What is wrong with it; NULL: nothing. */
static const char *
read_contact(struct slice text, struct contact *out)
{
    const char *fault;

    scan_clear(&out->is_star, sizeof *out - offsetof(struct contact, is_star));
    out->q_thousandths = -1;
    out->expires_s = -1;
    out->is_star = scan_is_word(text, "*");
    if (out->is_star) {
        scan_clear(&out->address, sizeof out->address);
        return NULL;
    }
    fault = name_addr_head(text, &out->address);
    return fault != NULL ? fault : read_contact_params(out->address.params, out);
}

enum parse_status
contact_parse(struct slice text, struct contact *out, const char **why)
{
    const char *fault = read_contact(text, out);

    if (fault == NULL)
        return PARSE_OK;
    scan_clear(out, sizeof *out);
    *why = fault;
    return PARSE_BAD;
}

enum contact_taken
contact_take(struct slice *rest, struct contact *out)
{
    struct slice element;
    const char *why;

    do
        if (!list_cut(rest, &element))
            return CONTACT_NONE;
    while (element.len == 0);
    return contact_parse(element, out, &why) == PARSE_OK ? CONTACT_TAKEN : CONTACT_BAD;
}

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

/* Of two alike the first counts. */
static bool
read_contact_param(struct contact *out, struct slice name, struct slice value)
{
    uint32_t number;

    if (scan_is_word(name, "q")) {
        if (out->q_thousandths < 0)
            out->q_thousandths = q_of(value);
        return out->q_thousandths >= 0;
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
    return name_addr_param(&out->address, name, value) == NULL;
}

/* The address ends where its last parameter does; blanks may follow. */
static bool
take_address(struct slice *rest, struct contact *out)
{
    struct slice name, value;
    const char *text = rest->at, *params, *end;
    enum param_taken taken;

    if (name_addr_head(rest, &out->address) != NULL)
        return false;
    end = rest->at;
    scan_lws(rest);
    params = rest->at;
    while ((taken = params_take(rest, &name, &value)) == PARAM_TAKEN) {
        if (!read_contact_param(out, name, value))
            return false;
        end = rest->at;
    }
    if (params > end)
        params = end;
    out->address.text = slice_of(text, (size_t)(end - text));
    out->address.params = slice_of(params, (size_t)(end - params));
    return taken == PARAM_NONE;
}

static bool
take_end(struct slice *rest)
{
    scan_lws(rest);
    if (rest->len > 0)
        return scan_byte(rest, ',');
    *rest = slice_absent();
    return true;
}

static bool
take_star(struct slice *rest, struct contact *out)
{
    struct slice ahead = *rest;

    if (!scan_byte(&ahead, '*') || !take_end(&ahead))
        return false;
    scan_clear(&out->address, sizeof out->address);
    out->is_star = true;
    *rest = ahead;
    return true;
}

enum contact_taken
contact_cut(struct slice *rest, struct contact *out)
{
    struct slice ahead = *rest, element;

    if (slice_is_absent(*rest))
        return CONTACT_NONE;
    scan_clear(&out->is_star, sizeof *out - offsetof(struct contact, is_star));
    out->q_thousandths = -1;
    out->expires_s = -1;
    scan_lws(&ahead);
    if (take_star(&ahead, out) || (take_address(&ahead, out) && take_end(&ahead))) {
        *rest = ahead;
        return CONTACT_TAKEN;
    }
    scan_clear(out, sizeof *out);
    list_cut(rest, &element);
    return CONTACT_BAD;
}

enum contact_taken
contact_take(struct slice *rest, struct contact *out)
{
    do
        scan_lws(rest);
    while (scan_byte(rest, ','));
    return rest->len == 0 ? CONTACT_NONE : contact_cut(rest, out);
}

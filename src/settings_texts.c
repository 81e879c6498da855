#include "src/setting.h"

#include "parser/uri.h"

#include <assert.h>
#include <inttypes.h>

static bool
set_text(struct assignment *a, struct slice value)
{
    struct slice copy = settings_keep(a->settings, value);

    if (slice_is_absent(copy))
        return setting_refuse(a, value, "does not fit: out of memory");
    assert(a->setting->width == sizeof copy);
    memcpy(setting_member(a->settings, a->setting), &copy, sizeof copy);
    return true;
}

static bool
text_fits(struct assignment *a, struct slice value)
{
    if (value.len < a->setting->min)
        return setting_refuse(a, value, "is empty");
    if (value.len > a->setting->max)
        return setting_refuse(a, value, "is longer than %" PRIu64 " bytes",
                              a->setting->max);
    return true;
}

/* An absent text is "none". */
static bool
print_text(const struct settings *settings, const struct setting *setting,
           struct setting_text *out)
{
    struct slice text;

    memcpy(&text, setting_member(settings, setting), sizeof text);
    setting_text_add(out, slice_is_absent(text) ? SLICE("none") : text);
    return true;
}

static bool
set_none(struct assignment *a)
{
    struct slice none = slice_absent();

    memcpy(setting_member(a->settings, a->setting), &none, sizeof none);
    return true;
}

static bool
read_url(struct assignment *a, struct slice value)
{
    if (slice_starts(value, SLICE("mysql:")))
        return setting_refuse(a, value,
                              "is not available in this version: lmdb:DIRECTORY");
    if (!slice_starts(value, SLICE("lmdb:")) || value.len == strlen("lmdb:"))
        return setting_refuse(a, value, "is not lmdb:DIRECTORY");
    return text_fits(a, value) && set_text(a, value);
}

const struct setting_kind kind_url = { read_url, print_text };

static bool
read_table_name(struct assignment *a, struct slice value)
{
    for (struct slice s = value; s.len > 0; s = slice_skip(s, 1))
        if (!ascii_is_alphanumeric(s.at[0]) && s.at[0] != '_')
            return setting_refuse(a, value, "may hold letters, digits and _ alone");
    return text_fits(a, value) && set_text(a, value);
}

const struct setting_kind kind_table_name = { read_table_name, print_text };

static bool
parse_sip(struct assignment *a, struct slice value, struct uri *uri)
{
    const char *why = "is not a URI";

    if (!text_fits(a, value))
        return false;
    if (uri_parse(value, uri, &why) != PARSE_OK)
        return setting_refuse(a, value, "is not a SIP URI: %s", why);
    if (uri->scheme != URI_SIP)
        return setting_refuse(a, value, "is not a sip: URI");
    if (!slice_is_absent(uri->headers))
        return setting_refuse(a, value, "may not hold headers (behind '?')");
    return true;
}

static bool
read_address_of_record(struct assignment *a, struct slice value)
{
    char aor[AOR_MAX];
    struct uri uri;

    if (slice_equal(value, SLICE("none")))
        return set_none(a);
    if (!parse_sip(a, value, &uri))
        return false;
    if (uri_canonical_aor(&uri, aor, sizeof aor) == 0)
        return setting_refuse(a, value, "has no user part: sip:USER@DOMAIN is wanted");
    return set_text(a, value);
}

const struct setting_kind kind_address_of_record = { read_address_of_record, print_text };

static bool
read_proxy(struct assignment *a, struct slice value)
{
    struct slice transport;
    struct uri uri;

    if (slice_equal(value, SLICE("none")))
        return set_none(a);
    if (!parse_sip(a, value, &uri))
        return false;
    transport = uri_param(&uri, SLICE("transport"));
    if (!slice_is_absent(transport) && !slice_equal_nocase(transport, SLICE("udp")) &&
        !slice_equal_nocase(transport, SLICE("tcp")))
        return setting_refuse(a, value, "has a transport that is not udp or tcp");
    return set_text(a, value);
}

const struct setting_kind kind_proxy = { read_proxy, print_text };

/* What may stand behind '$'; none is the start of another one. "$$" is one '$'. */
static const struct slice variables[] = {
    SLICE_INIT("$"),  SLICE_INIT("rU"), SLICE_INIT("rd"), SLICE_INIT("ru"),
    SLICE_INIT("fu"), SLICE_INIT("tu"), SLICE_INIT("T"),
};

/* The length of the one that the text starts with; 0: there is none. */
static size_t
variable_length(struct slice text)
{
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++)
        if (slice_starts(text, variables[i]))
            return variables[i].len;
    return 0;
}

static bool
read_template(struct assignment *a, struct slice value)
{
    struct slice text, rest = value;

    while (slice_cut(rest, '$', &text, &rest)) {
        size_t len = variable_length(rest);
        if (len == 0)
            return setting_refuse(a, slice_of(rest.at - 1, rest.len + 1),
                                  "is not one of $rU, $rd, $ru, $fu, $tu, $T, $$");
        rest = slice_skip(rest, len);
    }
    return text_fits(a, value) && set_text(a, value);
}

const struct setting_kind kind_template = { read_template, print_text };

bool
setting_is_media_type(struct slice text)
{
    struct slice parts[2];

    if (!slice_cut(text, '/', &parts[0], &parts[1]))
        return false;
    for (int i = 0; i < 2; i++) {
        if (parts[i].len == 0)
            return false;
        for (struct slice s = parts[i]; s.len > 0; s = slice_skip(s, 1))
            if (!ascii_is_alphanumeric(s.at[0]) && !strchr("-.!%*_+`'~", s.at[0]))
                return false;
    }
    return true;
}

static bool
read_content_type(struct assignment *a, struct slice value)
{
    struct slice type = slice_trim(slice_head(value, slice_find(value, ';')));

    if (!setting_is_media_type(type))
        return setting_refuse(a, value, "is not a media type such as text/plain");
    return text_fits(a, value) && set_text(a, value);
}

const struct setting_kind kind_content_type = { read_content_type, print_text };

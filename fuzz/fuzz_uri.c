/* URIs: one, or two with a line feed between them, which are compared. */
#include "fuzz/views.h"

#include "fuzz/fuzz.h"

/* The canonical form is an AoR whose own canonical form is itself. */
static void
check_aor(const struct uri *uri)
{
    char text[4 + AOR_MAX] = "sip:", again[AOR_MAX];
    size_t len = uri_canonical_aor(uri, text + 4, AOR_MAX);
    struct slice aor = slice_of(text + 4, len), user, host;
    struct uri canonical;
    const char *why;

    expect(len <= AOR_MAX, "a canonical form has its bound");
    if (len == 0)
        return;
    expect(slice_cut(aor, '@', &user, &host) && slice_find(host, '@') == host.len,
           "a canonical form holds one @");
    for (size_t i = 0; i < len; i++)
        expect(aor.at[i] > ' ' && aor.at[i] < 0x7f, "a canonical form is printable");
    expect(uri_parse(slice_of(text, 4 + len), &canonical, &why) == PARSE_OK,
           "a canonical form is a URI");
    expect(uri_canonical_aor(&canonical, again, len) == len &&
               memcmp(again, aor.at, len) == 0,
           "a canonical form stays as it is");
    expect(uri_canonical_aor(&canonical, again, len - 1) == 0, "what does not fit is 0");
}

static bool
parse(struct slice text, struct uri *out)
{
    const char *why = NULL;

    memset(out, 0xa5, sizeof *out);
    if (uri_parse(text, out, &why) == PARSE_OK) {
        expect(out->text.at == text.at && out->text.len == text.len, "all of it is read");
        expect_uri_within(out, text);
        expect_whole_params(out->params);
        expect_within(uri_param(out, SLICE("transport")), text, "transport");
        check_aor(out);
        return true;
    }
    expect(why != NULL, "BAD has a reason");
    expect_zero(out, sizeof *out);
    return false;
}

static void
expect_one_silo(const struct uri *a, const struct uri *b)
{
    char left[AOR_MAX], right[AOR_MAX];
    size_t x = uri_canonical_aor(a, left, sizeof left);
    size_t y = uri_canonical_aor(b, right, sizeof right);

    if (x > 0 && y > 0)
        expect_same(slice_of(left, x), slice_of(right, y), "silo");
}

static void
compare(const struct uri *a, const struct uri *b)
{
    expect(uri_equal(a, a) && uri_equal(b, b), "a URI is equal to itself");
    expect(uri_equal(a, b) == uri_equal(b, a), "equality has no direction");
    if (uri_equal(a, b))
        expect_one_silo(a, b);
}

/* One octet of the user part written as its escape: still the same silo, and whether it
 * is the same URI does not depend on who is asked. */
static void
check_escaped(const struct uri *uri)
{
    static const char hex[] = "0123456789abcdef";
    struct choices choices = choices_of(uri->text);
    size_t at, before;
    struct slice copy;
    struct uri escaped;
    const char *why;
    char *text;

    if (uri->user.len == 0 || uri->scheme == URI_TEL ||
        slice_find(uri->user, '%') < uri->user.len)
        return;
    at = choose(&choices, uri->user.len);
    before = (size_t)(uri->user.at - uri->text.at) + at;
    copy = fuzz_room(uri->text.len + 2);
    text = (char *)(uintptr_t)copy.at;
    memcpy(text, uri->text.at, before);
    text[before] = '%';
    text[before + 1] = hex[(unsigned char)uri->user.at[at] >> 4];
    text[before + 2] = hex[uri->user.at[at] & 15];
    memcpy(text + before + 3, uri->user.at + at + 1, uri->text.len - before - 1);
    expect(uri_parse(copy, &escaped, &why) == PARSE_OK, "an escaped octet stays one");
    expect_one_silo(uri, &escaped);
    compare(uri, &escaped);
    fuzz_free(copy);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = fuzz_input(data, size), head = input, rest = slice_absent();
    struct slice a, b;
    struct uri x, y;
    bool is_first, is_second;

    slice_cut(input, '\n', &head, &rest);
    a = fuzz_copy(head, 0);
    b = fuzz_copy(rest, 0);
    is_first = parse(a, &x);
    is_second = parse(b, &y);
    if (is_first)
        check_escaped(&x);
    if (is_first && is_second)
        compare(&x, &y);
    fuzz_free(a);
    fuzz_free(b);
    return 0;
}

/* Via: a list of them, each element by itself, and the whole text as one. */
#include "fuzz/views.h"

#include "fuzz/fuzz.h"
#include "parser/params.h"

static void
check_via(struct slice text)
{
    struct via via, again;
    const char *why = NULL;

    memset(&via, 0xa5, sizeof via);
    if (via_parse(text, &via, &why) != PARSE_OK) {
        expect(why != NULL, "BAD has a reason");
        expect_zero(&via, sizeof via);
        return;
    }
    expect_via_within(&via, text);
    expect_whole_params(via.params);
    expect(via.transport.len > 0 && via.host.len > 0, "a Via says how and where");
    expect(!via_has_cookie(&via) || via.branch.len > 7, "a cookie is in a branch");
    expect(via_parse(via.text, &again, &why) == PARSE_OK, "a trimmed Via is one, too");
    expect_same_via(&via, &again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice text = fuzz_copy(fuzz_input(data, size), 0), rest = text, each;

    check_via(text);
    while (list_cut(&rest, &each)) {
        expect_within(each, text, "element");
        check_via(each);
    }
    fuzz_free(text);
    return 0;
}

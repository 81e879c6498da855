#include "tests/exact.h"

#include "parser/message.h"

#include <assert.h>
#include <stdint.h>
#include <stdlib.h>

static size_t slack;

void
exact_slack(size_t octets)
{
    slack = octets;
}

/* Each would be believed by who believes what lies behind the end: the end of a header, more
 * of a name or a number, a fold, the end of a quoted string. */
void
exact_fill(char *at, size_t octets)
{
    static const struct slice fillings[] = {
        SLICE_INIT("\0"), SLICE_INIT("\r\n"), SLICE_INIT("\xff"),   SLICE_INIT("7"),
        SLICE_INIT("\n"), SLICE_INIT(" "),    SLICE_INIT(":a\r\n"), SLICE_INIT("\">,;"),
    };
    static size_t turn;
    struct slice filling = fillings[turn++ % (sizeof fillings / sizeof fillings[0])];

    for (size_t i = 0, next = 0; i < octets; i++) {
        at[i] = filling.at[next];
        next = next + 1 < filling.len ? next + 1 : 0;
    }
}

struct slice
exact(struct slice text)
{
    char *at = malloc(text.len + slack);

    assert(at != NULL);
    if (text.len > 0)
        memcpy(at, text.at, text.len);
    exact_fill(at + text.len, slack);
    return slice_of(at, text.len);
}

struct slice
exact_message(struct slice text)
{
    size_t before = slack;
    struct slice copy;

    exact_slack(MESSAGE_SLACK);
    copy = exact(text);
    exact_slack(before);
    return copy;
}

struct slice
exact_text(const char *text)
{
    return exact(slice_of(text, strlen(text)));
}

void
exact_free(struct slice copy)
{
    free((void *)(uintptr_t)copy.at);
}

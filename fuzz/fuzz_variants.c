/* Every variant of the parser against the scalar one: the same answer to the same octets,
 * and to their prefixes, whatever lies behind them. */
#include "parser/variant.h"

#include "fuzz/fuzz.h"
#include "fuzz/views.h"

enum {
    EVERY_PREFIX = 48, /* inputs up to so many octets are tried cut at each of them */
    PREFIXES = 4,      /* longer ones at so many places of their own choice */
    CUT_ONE_IN = 4, /* under a fuzzer, one in so many is cut, and tried as that alone */
};

static struct message reference, other;

/* What may lie behind the end. */
enum slack {
    SLACK_ZEROS,
    SLACK_ONES,
    SLACK_LINE_ENDS, /* the header would end there */
    SLACK_MORE,      /* the input goes on; from its beginning, where it has ended */
    SLACK_COUNT
};

static void
fill_slack(char *at, size_t len, enum slack slack, struct slice more, size_t end)
{
    switch (slack) {
    case SLACK_ZEROS:
    case SLACK_ONES:
        memset(at, slack == SLACK_ZEROS ? 0 : 0xff, len);
        return;
    case SLACK_LINE_ENDS:
        for (size_t i = 0; i < len; i++)
            at[i] = i % 2 == 0 ? '\r' : '\n';
        return;
    case SLACK_MORE:
    case SLACK_COUNT:
        for (size_t i = 0; i < len; i++)
            at[i] = more.len == 0 ? 'x' : more.at[(end + i) % more.len];
        return;
    }
}

/* The first `len` octets of the input, and behind them everything that `slacks` names. The
 * scalar variant sees memory of the exact size: that it looks at nothing behind is known.
 * All read the same place, so that what they found is compared by where it is. */
static void
check(struct slice input, size_t len, enum message_framing framing, unsigned slacks)
{
    struct slice copy = fuzz_copy(slice_head(input, len), 0);
    enum parse_status expected = variant_at(0)->parse(&reference, copy, framing);
    const struct variant *variant;

    for (size_t n = 1; (variant = variant_at(n)) != NULL; n++)
        for (unsigned slack = 0; slack < SLACK_COUNT; slack++) {
            if ((slacks >> slack & 1) == 0)
                continue;
            fill_slack(fuzz_widen(copy, variant->slack), variant->slack,
                       (enum slack)slack, input, len);
            if (variant->parse(&other, copy, framing) != expected)
                fuzz_fail("another verdict", variant->name);
            expect_same_message(&reference, &other);
        }
    fuzz_free(copy);
}

/* Short ones at every place, longer ones at PREFIXES of their own choice. */
static void
check_prefixes(struct slice input, enum message_framing framing, struct choices *choices)
{
    if (input.len <= EVERY_PREFIX)
        for (size_t len = 0; len < input.len; len++)
            check(input, len, framing, choose_checks(choices, SLACK_COUNT));
    else
        for (int i = 0; i < PREFIXES; i++)
            check(input, choose(choices, input.len), framing,
                  1u << SLACK_MORE | choose_checks(choices, SLACK_COUNT));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = fuzz_input(data, size);
    struct choices choices = choices_of(input);
    unsigned framings = choose_checks(&choices, 2);
    bool is_cut = !fuzz_is_thorough && choose(&choices, CUT_ONE_IN) == 0;
    size_t len = is_cut ? choose(&choices, size + 1) : size;

    for (unsigned framing = 0; framing < 2; framing++) {
        if ((framings >> framing & 1) == 0)
            continue;
        check(input, len, (enum message_framing)framing,
              choose_checks(&choices, SLACK_COUNT));
        if (fuzz_is_thorough)
            check_prefixes(input, (enum message_framing)framing, &choices);
    }
    return 0;
}

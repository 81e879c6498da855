/* Every variant of the parser against the scalar one: the same answer to the same octets,
 * and to their prefixes, whatever lies behind them. */
#include "parser/variant.h"

#include "fuzz/fuzz.h"
#include "fuzz/views.h"

enum {
    EVERY_PREFIX = 48, /* inputs up to so many octets are tried cut at each of them */
    PREFIXES = 2,      /* longer ones at so many places of their own choice */
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

/* `copy` has the variant's slack behind it. */
static void
compare(const struct variant *variant, struct slice copy, enum message_framing framing,
        enum parse_status expected, const char *base)
{
    if (variant->parse(&other, copy, framing) != expected)
        fuzz_fail("another verdict", variant->name);
    expect_same_message((struct bases){ base, copy.at }, &reference, &other);
}

/* The first `len` octets of the input, with everything behind them that `slacks` names.
 * The scalar variant sees memory of the exact size: that it looks at nothing behind is
 * known. */
static void
check(struct slice input, size_t len, enum message_framing framing, unsigned slacks)
{
    struct slice exact = fuzz_copy(slice_head(input, len), 0);
    enum parse_status expected = variant_at(0)->parse(&reference, exact, framing);
    const struct variant *variant;

    for (size_t n = 1; (variant = variant_at(n)) != NULL; n++) {
        struct slice copy = fuzz_copy(exact, variant->slack);
        char *behind = (char *)(uintptr_t)copy.at + len;

        for (unsigned slack = 0; slack < SLACK_COUNT; slack++) {
            if ((slacks >> slack & 1) == 0)
                continue;
            fill_slack(behind, variant->slack, (enum slack)slack, input, len);
            compare(variant, copy, framing, expected, exact.at);
            if (variant->slack == 0)
                break;
        }
        fuzz_free(copy);
    }
    fuzz_free(exact);
}

static void
check_prefixes(struct slice input, enum message_framing framing)
{
    struct choices choices = choices_of(input);

    if (input.len <= EVERY_PREFIX) {
        for (size_t len = 0; len < input.len; len++)
            check(input, len, framing, 1u << choose(&choices, SLACK_COUNT));
        return;
    }
    for (int i = 0; i < PREFIXES; i++)
        check(input, choose(&choices, input.len), framing,
              1u << SLACK_MORE | 1u << choose(&choices, SLACK_COUNT));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = fuzz_input(data, size);

    check(input, size, MESSAGE_DATAGRAM, (1u << SLACK_COUNT) - 1);
    check(input, size, MESSAGE_STREAM, (1u << SLACK_COUNT) - 1);
    check_prefixes(input, MESSAGE_DATAGRAM);
    check_prefixes(input, MESSAGE_STREAM);
    return 0;
}

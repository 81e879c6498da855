#include "tests/each_variant.h"

#include "parser/variant.h"
#include "tests/exact.h"

static const struct variant *variant;
static size_t turn;

bool
variant_next(void)
{
    variant = variant_at(turn++);
    if (variant != NULL)
        exact_slack(variant->slack);
    return variant != NULL;
}

enum parse_status
variant_parse(struct message *m, struct slice bytes, enum message_framing framing)
{
    return variant->parse(m, bytes, framing);
}

const char *
variant_name(void)
{
    return variant->name;
}

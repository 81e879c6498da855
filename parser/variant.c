#include "parser/variant.h"

#include "parser/avx2.h"

static const struct variant scalar = {
    .name = "scalar",
    .parse = message_parse_scalar,
};

const struct variant *
variant_at(size_t n)
{
    return n == 0 ? &scalar : n == 1 ? avx2_variant() : NULL;
}

static const struct variant *chosen;

static const struct variant *
choose(void)
{
    for (size_t n = 0; variant_at(n) != NULL; n++)
        chosen = variant_at(n);
    return chosen;
}

static inline const struct variant *
fastest(void)
{
    return chosen != NULL ? chosen : choose();
}

enum parse_status
message_parse(struct message *m, struct slice bytes, enum message_framing framing)
{
    return fastest()->parse(m, bytes, framing);
}

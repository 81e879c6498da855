#include "parser/variant.h"

#include "parser/avx2.h"

static const struct variant scalar = {
    .name = "scalar",
    .parse = message_parse_scalar,
};

static const struct variant *variants[] = { &scalar, NULL, NULL };
static const struct variant *chosen = &scalar;

/* Asked here, in code that every CPU can run. */
static bool
has_avx2(void)
{
#ifdef __x86_64__
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("bmi2");
#else
    return false;
#endif
}

/* Before main, and so before there are threads. */
static __attribute__((constructor)) void
choose(void)
{
    if (has_avx2())
        variants[1] = avx2_prepare();
    if (variants[1] != NULL)
        chosen = variants[1];
}

const struct variant *
variant_at(size_t n)
{
    return n < 2 ? variants[n] : NULL;
}

void
variant_use(const struct variant *variant)
{
    chosen = variant;
}

enum parse_status
message_parse(struct message *m, struct slice bytes, enum message_framing framing)
{
    return chosen->parse(m, bytes, framing);
}

/* Two floors: what it costs to find the header's lines, and nothing else. */
#include "bench/parser/adapter.h"

static void *
open_floor(const void *argument)
{
    static char nothing;

    (void)argument;
    return &nothing;
}

static bool
found(size_t lines, struct extract *out)
{
    out->cseq = (int64_t)lines; /* for the sum; the rest stays as it was, zero */
    return lines > 0;
}

/* The header's line ends by an octet at a time, as far as the empty line. */
static bool
read_by_octets(void *parser, struct slice bytes, struct extract *out)
{
    size_t lines = 0, start = 0;

    (void)parser;
    for (size_t i = 0; i < bytes.len; i++) {
        if (bytes.at[i] != '\n')
            continue;
        lines++;
        if (i - start <= 1)
            break;
        start = i + 1;
    }
    return found(lines, out);
}

/* The same by one memchr a line. */
static bool
read_by_memchr(void *parser, struct slice bytes, struct extract *out)
{
    size_t lines = 0;
    struct slice line;

    (void)parser;
    while (slice_cut(bytes, '\n', &line, &bytes)) {
        lines++;
        if (line.len <= 1)
            break;
    }
    return found(lines, out);
}

static void
nothing_to_do(void *parser)
{
    (void)parser;
}

const struct adapter adapter_byte_loop = {
    .name = "floor: octets",
    .open = open_floor,
    .read = read_by_octets,
    .forget = nothing_to_do,
    .close = nothing_to_do,
    .is_floor = true,
};

const struct adapter adapter_memchr = {
    .name = "floor: memchr",
    .open = open_floor,
    .read = read_by_memchr,
    .forget = nothing_to_do,
    .close = nothing_to_do,
    .is_floor = true,
};

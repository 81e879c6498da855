/* scan_scalar - the inner loops of parser/scan.h, octet by octet: the reference. */
#ifndef PARSER_SCAN_SCALAR_H
#define PARSER_SCAN_SCALAR_H

enum {
    SCAN_NEAR = 8, /* octets */
};

static inline void
scan_fill(void *at, int octet, size_t size)
{
    memset(at, octet, size);
}

static inline size_t
scan_run(struct slice s, enum scan_class kind)
{
    size_t i = 0;

    while (i < s.len && scan_is(s.at[i], kind))
        i++;
    return i;
}

static inline size_t
scan_long_run(struct slice s, enum scan_class kind)
{
    return scan_run(s, kind);
}

static inline size_t
scan_find(struct slice s, char octet)
{
    return slice_find(s, octet);
}

/* memchr takes longer to start than many a fold is long, and of a stream that trickles in there
 * is often one octet to look at. */
static inline size_t
scan_find_near(struct slice s, char octet)
{
    size_t near = s.len < SCAN_NEAR ? s.len : SCAN_NEAR, i = 0;

    while (i < near && s.at[i] != octet)
        i++;
    return i < near || i == s.len ? i : i + slice_find(slice_skip(s, i), octet);
}

static inline bool
scan_same(struct slice a, struct slice b)
{
    return slice_equal(a, b);
}

/* The word is in lower case by itself: half of what slice_equal_nocase does. */
static inline bool
scan_starts_padded(struct slice s, const char *word, size_t len)
{
    if (s.len < len)
        return false;
    for (size_t i = 0; i < len; i++)
        if (ascii_lower(s.at[i]) != word[i])
            return false;
    return true;
}

static inline bool
scan_twice(struct slice s, char octet)
{
    for (size_t i = 1; i < s.len; i++)
        if (s.at[i] == octet && s.at[i - 1] == octet)
            return true;
    return false;
}

static inline bool
scan_number(struct slice digits, uint32_t *out)
{
    return scan_any_number(digits, out);
}

static inline bool
scan_take_number(struct slice *rest, uint32_t *out)
{
    return scan_take_any_number(rest, out);
}

/* Here the grammar reads every line. */
static inline bool
scan_plain_line(struct slice s, size_t *colon, size_t *end)
{
    (void)s;
    (void)colon;
    (void)end;
    return false;
}

#endif

/* slice - a run of bytes owned by somebody else.
 *
 * Shape   { NULL, 0 } is absent, { at, 0 } is present and empty. No NUL ends it.
 * Memory  Never owns. Lives as long as the buffer under it.
 */
#ifndef PARSER_SLICE_H
#define PARSER_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct slice {
    const char *at;
    size_t len;
};

/* A literal, in an expression and in a static table. */
#define SLICE(literal) ((struct slice){ "" literal, sizeof(literal) - 1 })
#define SLICE_INIT(literal)             \
    {                                   \
        "" literal, sizeof(literal) - 1 \
    }

/* The two arguments of "%.*s". */
#define SLICE_ARG(s) (int)(s).len, (s).at

static inline struct slice
slice_of(const char *at, size_t len)
{
    return (struct slice){ at, len };
}

static inline struct slice
slice_absent(void)
{
    return (struct slice){ NULL, 0 };
}

static inline bool
slice_is_absent(struct slice s)
{
    return s.at == NULL;
}

static inline bool
slice_equal(struct slice a, struct slice b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.at, b.at, a.len) == 0);
}

/* ASCII only, whatever the locale. */
static inline char
ascii_lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

static inline bool
slice_equal_nocase(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i++)
        if (ascii_lower(a.at[i]) != ascii_lower(b.at[i]))
            return false;
    return true;
}

/* The first n bytes; all of them where there are fewer. */
static inline struct slice
slice_head(struct slice s, size_t n)
{
    return slice_of(s.at, n < s.len ? n : s.len);
}

/* What is left behind the first n bytes; empty where there are fewer. */
static inline struct slice
slice_skip(struct slice s, size_t n)
{
    if (n > s.len)
        n = s.len;
    return slice_of(s.at == NULL ? NULL : s.at + n, s.len - n);
}

static inline bool
slice_starts(struct slice s, struct slice prefix)
{
    return slice_equal(slice_head(s, prefix.len), prefix);
}

/* The index of the first `byte`; s.len where there is none. */
static inline size_t
slice_find(struct slice s, char byte)
{
    const char *found = s.len == 0 ? NULL : memchr(s.at, byte, s.len);
    return found == NULL ? s.len : (size_t)(found - s.at);
}

/* Cuts at the first `byte`: *head before it, *rest behind it. Without one, false. */
static inline bool
slice_cut(struct slice s, char byte, struct slice *head, struct slice *rest)
{
    size_t i = slice_find(s, byte);

    if (i == s.len)
        return false;
    *head = slice_head(s, i);
    *rest = slice_skip(s, i + 1);
    return true;
}

static inline bool
ascii_is_lws(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Without the SP, HTAB, CR and LF at either end. */
static inline struct slice
slice_trim(struct slice s)
{
    while (s.len > 0 && ascii_is_lws(s.at[0]))
        s = slice_skip(s, 1);
    while (s.len > 0 && ascii_is_lws(s.at[s.len - 1]))
        s.len--;
    return s;
}

/* Copies the bytes to *at, which moves behind them: for blocks that hold their own texts. Absent
 * stays absent. */
static inline struct slice
slice_pack(char **at, struct slice s)
{
    struct slice packed = { *at, s.len };

    if (slice_is_absent(s))
        return s;
    if (s.len > 0)
        memcpy(*at, s.at, s.len);
    *at += s.len;
    return packed;
}

#endif

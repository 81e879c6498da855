/* scan_avx2 - the inner loops of parser/scan.h, 32 octets at a time (AVX2, BMI).
 *
 * Up to SCAN_SLACK octets behind a slice are loaded; what they hold makes no difference.
 *
 * A class is looked up by halves of an octet: the low one chooses a row, the high one a bit
 * in it. pshufb does so for 32 octets at once; it gives 0 for an octet from 0x80 on, and a
 * class has all of these or none. */
#ifndef PARSER_SCAN_AVX2_H
#define PARSER_SCAN_AVX2_H

#include <immintrin.h>

enum {
    SCAN_STEP = 32,
    SCAN_SLACK = 96, /* three steps that begin at the end */
};

/* Whole vectors in memory, since a constant would be built anew for every use. Filled by
 * scan_prepare from scan_classes. */
static struct {
    __m256i half;         /* 15 everywhere */
    __m256i bit;          /* of each high half; -1 from 8 on, which no row has */
    __m256i bit_or_up;    /* the same with 0 there, which every row has: for SCAN_HIGH */
    __m256i last_control; /* CR everywhere */
    __m256i row[SCAN_CLASSES];
} scan_tables;

static inline void
scan_fill(void *at, int octet, size_t size)
{
    char *end = (char *)at + size;
    __m256i octets = _mm256_set1_epi8((char)octet);

    __asm__(""
            : "+x"(octets)); /* it would be made a memset, which is slow for so little */
    for (char *to = at; to + SCAN_STEP <= end; to += SCAN_STEP)
        _mm256_storeu_si256((void *)to, octets);
    _mm256_storeu_si256((void *)(end - SCAN_STEP), octets);
}

static inline __m256i
scan_load(const char *at)
{
    return _mm256_loadu_si256((const void *)at);
}

/* Bit i: octet i belongs to the class of these rows. */
static inline uint32_t
scan_members(__m256i octets, __m256i rows, __m256i bits)
{
    __m256i half = _mm256_and_si256(_mm256_srli_epi16(octets, 4), scan_tables.half);
    __m256i row = _mm256_shuffle_epi8(rows, octets),
            bit = _mm256_shuffle_epi8(bits, half);

    return (uint32_t)_mm256_movemask_epi8(
        _mm256_cmpeq_epi8(_mm256_and_si256(row, bit), bit));
}

static inline __m256i
scan_row_of(enum scan_class kind)
{
    return scan_tables.row[__builtin_ctz(kind)];
}

static inline __m256i
scan_bit_of(enum scan_class kind)
{
    return kind & SCAN_HIGH ? scan_tables.bit_or_up : scan_tables.bit;
}

static inline uint32_t
scan_equals(__m256i octets, char octet)
{
    return (uint32_t)_mm256_movemask_epi8(
        _mm256_cmpeq_epi8(octets, _mm256_set1_epi8(octet)));
}

/* Few runs go on behind their first steps. */
static __attribute__((noinline)) size_t
scan_run_on(struct slice s, enum scan_class kind, size_t i)
{
    __m256i rows = scan_row_of(kind), bits = scan_bit_of(kind);

    while (i < s.len) {
        uint32_t members = scan_members(scan_load(s.at + i), rows, bits);

        if (members != UINT32_MAX)
            return i + (size_t)__builtin_ctz(~members);
        i += SCAN_STEP;
    }
    return i;
}

static inline size_t
scan_run(struct slice s, enum scan_class kind)
{
    uint32_t members =
        scan_members(scan_load(s.at), scan_row_of(kind), scan_bit_of(kind));
    uint32_t carried = members + 1; /* its lowest bit: where the first ones end */
    size_t i =
        carried == 0 ? scan_run_on(s, kind, SCAN_STEP) : (size_t)__builtin_ctz(carried);

    return i < s.len ? i : s.len;
}

/* Two steps at once: which of them the end is in, nobody could predict. */
static inline size_t
scan_long_run(struct slice s, enum scan_class kind)
{
    __m256i rows = scan_row_of(kind), bits = scan_bit_of(kind);
    uint64_t members = scan_members(scan_load(s.at), rows, bits) |
                       (uint64_t)scan_members(scan_load(s.at + SCAN_STEP), rows, bits)
                           << SCAN_STEP;
    uint64_t carried = members + 1;
    size_t i = carried == 0 ? scan_run_on(s, kind, 2 * SCAN_STEP)
                            : (size_t)__builtin_ctzll(carried);

    return i < s.len ? i : s.len;
}

static __attribute__((noinline)) size_t
scan_find_on(struct slice s, char octet)
{
    size_t i = 2 * SCAN_STEP;

    while (i < s.len) {
        uint32_t found = scan_equals(scan_load(s.at + i), octet);

        if (found != 0)
            return i + (size_t)__builtin_ctz(found);
        i += SCAN_STEP;
    }
    return i;
}

static inline size_t
scan_find(struct slice s, char octet)
{
    uint64_t found = scan_equals(scan_load(s.at), octet) |
                     (uint64_t)scan_equals(scan_load(s.at + SCAN_STEP), octet)
                         << SCAN_STEP;
    size_t i = found == 0 ? scan_find_on(s, octet) : (size_t)__builtin_ctzll(found);

    return i < s.len ? i : s.len;
}

static inline size_t
scan_find_near(struct slice s, char octet)
{
    return scan_find(s, octet);
}

static inline uint64_t
scan_word(const char *at, size_t len)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    if (__builtin_constant_p(len) && len < 8)
        return word & (((uint64_t)1 << 8 * len) - 1);
    return _bzhi_u64(word, (unsigned)len * 8);
}

/* Letters have bit 0x40 set in ASCII, and the other octets of a word do not: where it is set,
 * 0x20 is the case and plays no part. */
static inline bool
scan_is_part(const char *at, const char *word, size_t len)
{
    uint64_t shall = scan_word(word, len);

    return ((scan_word(at, len) ^ shall) & ~(shall >> 1 & 0x2020202020202020)) == 0;
}

static inline bool
scan_starts_padded(struct slice s, const char *word, size_t len)
{
    if (s.len < len || !scan_is_part(s.at, word, len < 8 ? len : 8))
        return false;
    return len <= 8 || scan_is_part(s.at + len - 8, word + len - 8, 8);
}

static inline bool
scan_same(struct slice a, struct slice b)
{
    if (a.len != b.len)
        return false;
    for (size_t i = 0; i < a.len; i += SCAN_STEP) {
        __m256i same = _mm256_cmpeq_epi8(scan_load(a.at + i), scan_load(b.at + i));
        uint32_t differ = ~(uint32_t)_mm256_movemask_epi8(same);

        if (differ != 0)
            return (size_t)__builtin_ctz(differ) + i >= a.len;
    }
    return true;
}

static __attribute__((noinline)) bool
scan_twice_on(struct slice s, char octet)
{
    for (size_t i = 0; i + 1 < s.len; i += SCAN_STEP - 1) {
        uint32_t equal = scan_equals(scan_load(s.at + i), octet),
                 twice = equal & equal >> 1;

        if (twice != 0)
            return i + (size_t)__builtin_ctz(twice) + 1 < s.len;
    }
    return false;
}

static inline bool
scan_twice(struct slice s, char octet)
{
    uint32_t equal = scan_equals(scan_load(s.at), octet);

    if ((equal & equal >> 1) == 0 && s.len <= SCAN_STEP)
        return false;
    return scan_twice_on(s, octet);
}

/* The value of each octet that is a digit; its top bit is set where it is none. A borrow or a
 * carry spoils what lies behind the first of these alone. */
static inline uint64_t
scan_digit_values(const char *at)
{
    uint64_t word;

    memcpy(&word, at, sizeof word);
    word -= 0x3030303030303030;
    return word | ((word + 0x7676767676767676) & 0x8080808080808080);
}

/* 1 to 8 digits, the first one moved to where it weighs most: pairs, fours, all eight. */
static inline uint32_t
scan_few_digits(uint64_t values, size_t len)
{
    uint64_t word = values << (64 - 8 * len);

    word = word * 10 + (word >> 8);
    word = (word & 0x000000ff000000ff) * 0x000f424000000064 +
           (word >> 16 & 0x000000ff000000ff) * 0x0000271000000001;
    return (uint32_t)(word >> 32);
}

static inline bool
scan_number(struct slice digits, uint32_t *out)
{
    uint64_t values;

    if (digits.len == 0 || digits.len > 8)
        return scan_any_number(digits, out);
    values = scan_digit_values(digits.at);
    *out = scan_few_digits(values, digits.len);
    return (values << (64 - 8 * digits.len) & 0x8080808080808080) == 0;
}

/* How many of eight octets at the front are digits. */
static inline size_t
scan_digits(uint64_t values)
{
    return (size_t)_tzcnt_u64(values & 0x8080808080808080) / 8;
}

static inline bool
scan_take_number(struct slice *rest, uint32_t *out)
{
    uint64_t values = scan_digit_values(rest->at);
    size_t few = scan_digits(values);

    if (few > rest->len)
        few = rest->len;
    if (few == 0 || few == 8)
        return scan_take_any_number(rest, out);
    *rest = slice_of(rest->at + few, rest->len - few);
    *out = scan_few_digits(values, few);
    return true;
}

/* Bit i: octet i is a control octet up to CR, which a line holds at its end alone. */
static inline uint32_t
scan_controls(__m256i octets)
{
    __m256i low = _mm256_min_epu8(octets, scan_tables.last_control);

    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(low, octets));
}

/* The same of two steps. */
static inline uint64_t
scan_two_controls(const char *at)
{
    return scan_controls(scan_load(at)) |
           (uint64_t)scan_controls(scan_load(at + SCAN_STEP)) << SCAN_STEP;
}

/* Where the first of them is behind the third step. */
static __attribute__((noinline)) size_t
scan_controls_on(struct slice s)
{
    size_t i = 3 * SCAN_STEP;

    while (i < s.len) {
        uint32_t controls = scan_controls(scan_load(s.at + i));

        if (controls != 0)
            return i + (size_t)__builtin_ctz(controls);
        i += SCAN_STEP;
    }
    return s.len;
}

/* Three steps without a branch to the line's end: which of them it is in, nobody could predict. */
static inline bool
scan_plain_line(struct slice s, size_t *colon, size_t *end)
{
    const uint16_t crlf = '\r' | '\n' << 8; /* as x86 loads it */
    uint64_t near = scan_two_controls(s.at),
             far = scan_controls(scan_load(s.at + 2 * SCAN_STEP));
    uint64_t colons = scan_equals(scan_load(s.at), ':') & _blsmsk_u64(near);
    size_t i = _tzcnt_u64(near),
           beyond = 2 * SCAN_STEP + _tzcnt_u64(far | UINT64_C(1) << SCAN_STEP);
    uint16_t two;
    unsigned next;

    __asm__("test %1, %1\n\tcmovz %2, %0" /* it would be made a branch */
            : "+r"(i)
            : "r"(near), "r"(beyond)
            : "cc");
    if (i == 3 * SCAN_STEP)
        i = scan_controls_on(s);
    if (colons == 0 || i + 2 >= s.len)
        return false;
    *colon = (size_t)_tzcnt_u64(colons);
    *end = i;
    memcpy(&two, s.at + i, sizeof two);
    next = (unsigned char)s.at[i + 2];
    return (two == crlf) & ((next > ' ') | (next == '\r')); /* one branch, always taken */
}

static void
scan_prepare(void)
{
    unsigned char *half = (void *)&scan_tables.half, *bit = (void *)&scan_tables.bit;
    unsigned char *last_control = (void *)&scan_tables.last_control;
    unsigned char *bit_or_up = (void *)&scan_tables.bit_or_up;

    memset(&scan_tables, 0, sizeof scan_tables);
    for (unsigned i = 0; i < SCAN_STEP; i++) {
        half[i] = 15;
        last_control[i] = '\r';
        bit_or_up[i] = (unsigned char)(1 << i % 16);
        bit[i] = i % 16 < 8 ? bit_or_up[i] : 0xff;
    }
    for (unsigned n = 0; n < SCAN_CLASSES; n++)
        for (unsigned octet = 0; octet < 0x80; octet++)
            if (scan_classes[octet] >> n & 1) {
                unsigned char *row = (void *)&scan_tables.row[n];

                row[octet % 16] |= bit_or_up[octet / 16];
                row[octet % 16 + 16] |= bit_or_up[octet / 16];
            }
}

#endif

#include "bench/load/body.h"

#include "bench/load/hex.h"
#include "store/crc32c.h"

enum {
    MARK = 7, /* "siload " */
    FIELD = HEX_DIGITS + 1,
    CHECKED = MARK + 4 * FIELD, /* by the first checksum */
    WORD = 8,
    WORDS = 256,
};

_Static_assert(BODY_HEAD == CHECKED + 2 * FIELD, "what the header file says");

/* Each has WORD octets. */
static const char vocabulary[16][WORD + 1] = {
    "ähnlich",  "cafés: ",  "naïve: ", "€ 9,99",  "message ", "мир, ",
    "日本; ",   "0123456 ", "größe ",  "📞 ok ",   "déjà, ",   "αβγ. ",
    "offline ", "→ Bob ",   "señor: ", "ångstr ",
};

static char words[WORDS * WORD];

static void
fill_words(void)
{
    uint32_t chance = 1;

    for (size_t i = 0; i < WORDS; i++) {
        memcpy(words + i * WORD, vocabulary[chance >> 28], WORD);
        chance = chance * 1664525 + 1013904223;
    }
}

/* Whole words, then dots: a letter is never cut in two. */
static void
write_filler(char *at, size_t len, uint32_t from)
{
    size_t whole = len - len % WORD, begin = from % WORDS * WORD;

    if (words[0] == '\0')
        fill_words();
    for (size_t done = 0; done < whole; begin = 0) {
        size_t part = sizeof words - begin;

        if (part > whole - done)
            part = whole - done;
        memcpy(at + done, words + begin, part);
        done += part;
    }
    memset(at + whole, '.', len - whole);
}

static char *
write_field(char *at, uint32_t value)
{
    hex_write(at, value);
    at[HEX_DIGITS] = ' ';
    return at + FIELD;
}

void
body_write(char *at, size_t len, const struct body *body)
{
    char *to = at + MARK;
    uint32_t check;

    memcpy(at, "siload ", MARK);
    to = write_field(to, body->run);
    to = write_field(to, body->user);
    to = write_field(to, body->sequence);
    to = write_field(to, (uint32_t)len);
    check = crc32c(slice_of(at, CHECKED));
    to = write_field(to, check);
    write_filler(at + BODY_HEAD, len - BODY_HEAD, check);
    /* The filler of another message must not pass for this one's. */
    write_field(to, check ^ crc32c(slice_of(at + BODY_HEAD, len - BODY_HEAD)));
}

static bool
read_fields(const char *at, uint32_t *field, unsigned count)
{
    for (unsigned i = 0; i < count; i++, at += FIELD)
        if (!hex_read(at, &field[i]) || at[HEX_DIGITS] != ' ')
            return false;
    return true;
}

enum body_status
body_read(struct slice text, uint32_t run, struct body *out)
{
    enum { RUN, USER, SEQUENCE, LENGTH, HEAD_CHECK, CHECK, FIELDS };
    const char *at = text.len == 0 ? NULL : memmem(text.at, text.len, "siload ", MARK);
    uint32_t field[FIELDS];
    size_t room;

    if (at == NULL)
        return BODY_FOREIGN;
    room = text.len - (size_t)(at - text.at);
    if (room < BODY_HEAD || !read_fields(at + MARK, field, CHECK) ||
        field[HEAD_CHECK] != crc32c(slice_of(at, CHECKED)))
        return BODY_UNREADABLE;
    if (field[RUN] != run)
        return BODY_STALE;
    *out = (struct body){ run, field[USER], field[SEQUENCE], room < text.len };
    if (field[LENGTH] > room || field[LENGTH] < BODY_HEAD ||
        !read_fields(at + MARK + CHECK * FIELD, field + CHECK, 1))
        return BODY_DAMAGED;
    out->changed = field[LENGTH] < text.len;
    at += BODY_HEAD;
    return field[CHECK] ==
                   (field[HEAD_CHECK] ^ crc32c(slice_of(at, field[LENGTH] - BODY_HEAD)))
               ? BODY_OURS
               : BODY_DAMAGED;
}

#include "src/silo/notice_text.h"

#include "parser/date.h"

static struct slice
user_of(const struct notice_words *words)
{
    return slice_head(words->aor, slice_find(words->aor, '@'));
}

static struct slice
domain_of(const struct notice_words *words)
{
    return slice_skip(words->aor, slice_find(words->aor, '@') + 1);
}

/* Writes what stands at the start of `text`, a '$', and returns how much of it that was. */
static size_t
expand_one(struct writer *w, struct slice text, const struct notice_words *words)
{
    const struct {
        struct slice name, value;
    } known[] = {
        { SLICE("$rU"), user_of(words) }, { SLICE("$rd"), domain_of(words) },
        { SLICE("$ru"), words->r_uri },   { SLICE("$fu"), words->from_uri },
        { SLICE("$tu"), words->to_uri },  { SLICE("$$"), SLICE("$") },
    };
    char date[DATE_BYTES];

    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (!slice_starts(text, known[i].name))
            continue;
        writer_bytes(w, known[i].value);
        return known[i].name.len;
    }
    if (slice_starts(text, SLICE("$T"))) {
        date_write(words->now_s, date);
        writer_bytes(w, slice_of(date, sizeof date));
        return 2;
    }
    writer_bytes(w, slice_head(text, 1));
    return 1;
}

void
notice_expand(struct writer *w, struct slice text, const struct notice_words *words)
{
    while (text.len > 0) {
        size_t plain = slice_find(text, '$');

        writer_bytes(w, slice_head(text, plain));
        text = slice_skip(text, plain);
        if (text.len > 0)
            text = slice_skip(text, expand_one(w, text, words));
    }
}

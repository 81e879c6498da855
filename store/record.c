#include "store/record.h"

#include "store/bytes.h"
#include "store/crc32c.h"

/* version 1 | checksum 4 | inc_time 8 | exp_time 8 | date 8 | origin 16 | lengths 4 each |
 * texts. A length of all ones is an absent text. */
enum {
    VERSION = 1,
    TEXTS = 10,
    AT_CHECKSUM = 1,
    AT_CHECKED = AT_CHECKSUM + 4,
    AT_INC_TIME = AT_CHECKED,
    AT_EXP_TIME = AT_INC_TIME + 8,
    AT_DATE = AT_EXP_TIME + 8,
    AT_ORIGIN = AT_DATE + 8,
    AT_LENGTHS = AT_ORIGIN + 16,
    AT_TEXTS = AT_LENGTHS + 4 * TEXTS,
};

static const uint32_t ABSENT = UINT32_MAX;

/* In the order of the layout; adding one needs a new version. */
static const size_t text_offsets[TEXTS] = {
    offsetof(struct record, aor),      offsetof(struct record, r_uri),
    offsetof(struct record, src_addr), offsetof(struct record, src_name),
    offsetof(struct record, dst_addr), offsetof(struct record, dst_name),
    offsetof(struct record, ctype),    offsetof(struct record, call_id),
    offsetof(struct record, headers),  offsetof(struct record, body),
};

static struct slice
text_of(const struct record *record, int i)
{
    struct slice text;

    memcpy(&text, (const char *)record + text_offsets[i], sizeof text);
    return text;
}

static void
set_text(struct record *record, int i, struct slice text)
{
    memcpy((char *)record + text_offsets[i], &text, sizeof text);
}

size_t
record_size(const struct record *record)
{
    size_t size = AT_TEXTS;

    for (int i = 0; i < TEXTS; i++)
        size += text_of(record, i).len;
    return size;
}

void
record_encode(const struct record *record, char *out)
{
    char *end = out + AT_TEXTS;

    out[0] = VERSION;
    put_u64(out + AT_INC_TIME, (uint64_t)record->inc_time_s);
    put_u64(out + AT_EXP_TIME, (uint64_t)record->exp_time_s);
    put_u64(out + AT_DATE, (uint64_t)record->date_s);
    memcpy(out + AT_ORIGIN, record->origin.bytes, sizeof record->origin.bytes);
    for (int i = 0; i < TEXTS; i++) {
        struct slice text = text_of(record, i);

        put_u32(out + AT_LENGTHS + 4 * i,
                slice_is_absent(text) ? ABSENT : (uint32_t)text.len);
        if (text.len > 0)
            memcpy(end, text.at, text.len);
        end += text.len;
    }
    put_u32(out + AT_CHECKSUM,
            crc32c(slice_of(out + AT_CHECKED, (size_t)(end - out) - AT_CHECKED)));
}

static bool
cut_texts(const char *lengths, struct slice rest, struct record *out)
{
    for (int i = 0; i < TEXTS; i++) {
        uint32_t len = get_u32(lengths + 4 * i);

        if (len == ABSENT) {
            set_text(out, i, slice_absent());
            continue;
        }
        if (len > rest.len)
            return false;
        set_text(out, i, slice_head(rest, len));
        rest = slice_skip(rest, len);
    }
    return rest.len == 0;
}

enum record_status
record_decode(struct slice value, uint64_t id, struct record *out)
{
    struct record record = { .id = id };

    if (value.len > 0 && (uint8_t)value.at[0] > VERSION)
        return RECORD_NEWER;
    if (value.len < AT_TEXTS || value.at[0] != VERSION)
        return RECORD_DAMAGED;
    if (get_u32(value.at + AT_CHECKSUM) != crc32c(slice_skip(value, AT_CHECKED)))
        return RECORD_DAMAGED;
    record.inc_time_s = (int64_t)get_u64(value.at + AT_INC_TIME);
    record.exp_time_s = (int64_t)get_u64(value.at + AT_EXP_TIME);
    record.date_s = (int64_t)get_u64(value.at + AT_DATE);
    memcpy(record.origin.bytes, value.at + AT_ORIGIN, sizeof record.origin.bytes);
    if (!cut_texts(value.at + AT_LENGTHS, slice_skip(value, AT_TEXTS), &record))
        return RECORD_DAMAGED;
    *out = record;
    return RECORD_OK;
}

bool
record_guess_expiry(struct slice value, int64_t *exp_time_s)
{
    if (value.len < AT_TEXTS)
        return false;
    *exp_time_s = (int64_t)get_u64(value.at + AT_EXP_TIME);
    return true;
}

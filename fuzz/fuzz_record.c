/* The layout of stored messages: any octets, and the same ones with a checksum that is
 * right, so that what lies behind it is reached. */
#include "store/record.h"

#include "fuzz/fuzz.h"
#include "store/bytes.h"
#include "store/crc32c.h"

enum {
    ID = 4711,
    AT_CHECKSUM = 1, /* behind the version byte */
    AT_CHECKED = 5,
};

static void
expect_texts_within(const struct record *r, struct slice value)
{
    const struct slice texts[] = { r->aor,      r->r_uri,    r->src_addr, r->src_name,
                                   r->dst_addr, r->dst_name, r->ctype,    r->call_id,
                                   r->headers,  r->body };

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        expect_within(texts[i], value, "text of a record");
}

static void
expect_same_encoding(const struct record *record, struct slice value)
{
    struct slice again;

    expect(record_size(record) == value.len, "a record has the size of its value");
    again = fuzz_room(value.len);
    memset((char *)(uintptr_t)again.at, 0xa5, again.len);
    record_encode(record, (char *)(uintptr_t)again.at);
    expect_same(again, value, "value of a record");
    fuzz_free(again);
}

static void
expect_damage_is_noticed(struct slice value)
{
    struct choices choices = choices_of(value);
    size_t bit = choose(&choices, value.len * 8);
    char *octet = (char *)(uintptr_t)value.at + bit / 8;
    struct record record;

    *octet = (char)(*octet ^ 1 << bit % 8);
    expect(record_decode(value, ID, &record) != RECORD_OK, "a flipped bit is noticed");
    *octet = (char)(*octet ^ 1 << bit % 8);
    expect(record_decode(slice_head(value, value.len - 1), ID, &record) != RECORD_OK,
           "a cut is noticed");
}

static void
check(struct slice value)
{
    struct record record, before;

    memset(&record, 0xa5, sizeof record);
    before = record;
    if (record_decode(value, ID, &record) != RECORD_OK) {
        expect(memcmp(&before, &record, sizeof before) == 0, "no output on failure");
        return;
    }
    expect(record.id == ID, "the id is the caller's");
    expect_texts_within(&record, value);
    expect_same_encoding(&record, value);
    expect_damage_is_noticed(value);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice value = fuzz_copy(fuzz_input(data, size), 0);

    check(value);
    if (size > AT_CHECKED) {
        put_u32((char *)(uintptr_t)value.at + AT_CHECKSUM,
                crc32c(slice_skip(value, AT_CHECKED)));
        check(value);
    }
    fuzz_free(value);
    return 0;
}

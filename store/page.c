#include "store/store.h"

#include "store/bytes.h"

#include <stdlib.h>

enum {
    ENTRY_HEAD = 12, /* id 8, length 4 */
    FIRST_ROOM = 4096,
};

static bool
grow(struct page *page, size_t need)
{
    size_t room = page->room == 0 ? FIRST_ROOM : page->room;
    char *bytes;

    while (room - page->len < need) {
        if (room > SIZE_MAX / 2)
            return false;
        room *= 2;
    }
    if (room == page->room)
        return true;
    bytes = realloc(page->bytes, room);
    if (bytes == NULL)
        return false;
    page->bytes = bytes;
    page->room = room;
    return true;
}

bool
page_add(struct page *page, uint64_t id, struct slice value)
{
    char *at;

    if (value.len > UINT32_MAX || !grow(page, ENTRY_HEAD + value.len))
        return false;
    at = page->bytes + page->len;
    put_u64(at, id);
    put_u32(at + 8, (uint32_t)value.len);
    if (value.len > 0)
        memcpy(at + ENTRY_HEAD, value.at, value.len);
    page->len += ENTRY_HEAD + value.len;
    page->count++;
    return true;
}

/* Values were checked when they were added; one that is wrong now ends the page. */
bool
page_next(const struct page *page, size_t *offset, struct record *out)
{
    struct slice rest;
    uint64_t id;
    uint32_t len;

    if (*offset >= page->len)
        return false;
    rest = slice_skip(slice_of(page->bytes, page->len), *offset);
    if (rest.len < ENTRY_HEAD)
        return false;
    id = get_u64(rest.at);
    len = get_u32(rest.at + 8);
    rest = slice_skip(rest, ENTRY_HEAD);
    if (len > rest.len)
        return false;
    if (record_decode(slice_head(rest, len), id, out) != RECORD_OK)
        return false;
    *offset += ENTRY_HEAD + len;
    return true;
}

void
page_free(struct page *page)
{
    free(page->bytes);
    *page = (struct page){ 0 };
}

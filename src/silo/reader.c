#include "src/silo/reader.h"

#include "src/limits.h"

void
reader_init(struct reader *reader, const struct disk *disk)
{
    *reader = (struct reader){ .disk = disk };
    reader->last = &reader->first;
}

void
reader_want(struct reader *reader, struct page_wait *wait)
{
    wait->next = NULL;
    *reader->last = wait;
    reader->last = &wait->next;
    reader->waiting++;
}

static struct page_wait *
take_first(struct reader *reader)
{
    struct page_wait *wait = reader->first;

    reader->first = wait->next;
    if (reader->first == NULL)
        reader->last = &reader->first;
    reader->waiting--;
    return wait;
}

bool
reader_is_short(const struct reader *reader)
{
    return reader->waiting > 0 &&
           reader->held + reader->waiting * LIMIT_PAGE_BYTES > LIMIT_PAGES_BYTES;
}

void
reader_flush(struct reader *reader, struct moment now)
{
    size_t count = 0;

    if (reader->out_count > 0 || reader->first == NULL ||
        reader->held >= LIMIT_PAGES_BYTES)
        return;
    while (count < READ_TOGETHER && reader->first != NULL) {
        struct page_wait *wait = take_first(reader);

        wait->request.now_s = now.s;
        reader->out[count] = wait;
        reader->requests[count++] = wait->request;
    }
    reader->out_count = count;
    reader->disk->read(reader->disk->self, reader->requests, count);
}

void
reader_done(struct reader *reader, enum store_status status, struct moment now)
{
    size_t count = reader->out_count;

    reader->out_count = 0;
    for (size_t i = 0; i < count; i++) {
        struct page_wait *wait = reader->out[i];

        wait->request = reader->requests[i];
        reader->held += wait->request.page.room;
        if (status != STORE_OK)
            wait->request.status = status;
        wait->done(wait, now);
    }
}

void
reader_free_page(struct reader *reader, struct page *page)
{
    reader->held -= page->room;
    page_free(page);
    *page = (struct page){ 0 };
}

bool
reader_is_idle(const struct reader *reader)
{
    return reader->out_count == 0 && reader->first == NULL;
}

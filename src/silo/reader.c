#include "src/silo/reader.h"

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
}

static struct page_wait *
take_first(struct reader *reader)
{
    struct page_wait *wait = reader->first;

    reader->first = wait->next;
    if (reader->first == NULL)
        reader->last = &reader->first;
    return wait;
}

void
reader_flush(struct reader *reader, struct moment now)
{
    size_t count = 0;

    if (reader->out_count > 0 || reader->first == NULL)
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
        if (status != STORE_OK)
            wait->request.status = status;
        wait->done(wait, now);
    }
}

bool
reader_is_idle(const struct reader *reader)
{
    return reader->out_count == 0 && reader->first == NULL;
}

/* reader - pages that dumps wait for, read together off the loop.
 *
 * Many dumps share one read transaction of the store: their requests queue here and go out
 * READ_TOGETHER at a time.
 *
 * Memory  A page_wait lies in the object that waits, which must stay until it is told; the
 *         page then belongs to it, until reader_free_page.
 * Limits  LIMIT_PAGES_BYTES of pages that were read and not freed; past it, by what was out
 *         when it was reached, what waits is not handed out.
 */
#ifndef SILO_READER_H
#define SILO_READER_H

#include "src/disk.h"
#include "src/sip/transport.h"

enum {
    READ_TOGETHER = 64,
};

struct page_wait {
    struct page_wait *next;      /* borrowed */
    struct read_request request; /* in: aor, after, bounds; out: the rest */
    void (*done)(struct page_wait *wait, struct moment now);
};

struct reader {
    const struct disk *disk;
    struct page_wait *first, **last; /* borrowed: the queue */
    size_t waiting;                  /* in it */
    struct page_wait *out[READ_TOGETHER];
    struct read_request requests[READ_TOGETHER];
    size_t out_count; /* 0: none is out */
    size_t held;      /* octets of pages that are others' by now */
};

void
reader_init(struct reader *reader, const struct disk *disk);

void
reader_want(struct reader *reader, struct page_wait *wait);

/* Hands out what waits, if nothing is out and there is room for it. */
void
reader_flush(struct reader *reader, struct moment now);

/* What was out came back. A status other than STORE_OK holds for every request of it. */
void
reader_done(struct reader *reader, enum store_status status, struct moment now);

/* Of a page that came through the reader, and is empty then; or of an empty one. */
void
reader_free_page(struct reader *reader, struct page *page);

/* There is no room for the pages of all who wait: who has one should give it back when he can. */
bool
reader_is_short(const struct reader *reader);

bool
reader_is_idle(const struct reader *reader);

#endif

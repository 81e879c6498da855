/* queue - numbers in a row, of which any can leave: links in an array beside what they number.
 *
 * All operations take the same time however long the row is. A number is in one queue at most.
 */
#ifndef BENCH_LOAD_QUEUE_H
#define BENCH_LOAD_QUEUE_H

#include <stdint.h>

#define QUEUE_NONE UINT32_MAX

struct queue {
    uint32_t first, last;
};

struct queue_link {
    uint32_t next, previous;
};

static inline void
queue_start(struct queue *q)
{
    q->first = q->last = QUEUE_NONE;
}

static inline void
queue_in(struct queue *q, struct queue_link *links, uint32_t number)
{
    links[number] = (struct queue_link){ QUEUE_NONE, q->last };
    if (q->last == QUEUE_NONE)
        q->first = number;
    else
        links[q->last].next = number;
    q->last = number;
}

static inline void
queue_out(struct queue *q, struct queue_link *links, uint32_t number)
{
    struct queue_link link = links[number];

    if (link.previous == QUEUE_NONE)
        q->first = link.next;
    else
        links[link.previous].next = link.next;
    if (link.next == QUEUE_NONE)
        q->last = link.previous;
    else
        links[link.next].previous = link.previous;
}

#endif

/* list - doubly linked, intrusive, oldest first. */
#ifndef NET_LIST_H
#define NET_LIST_H

#include <stdbool.h>
#include <stddef.h>

/* A head is a link too; one that is in no list points at itself. */
struct link {
    struct link *next, *previous; /* borrowed */
};

static inline void
link_init(struct link *link)
{
    link->next = link->previous = link;
}

static inline bool
link_is_in_list(const struct link *link)
{
    return link->next != link;
}

static inline void
link_remove(struct link *link)
{
    link->next->previous = link->previous;
    link->previous->next = link->next;
    link_init(link);
}

/* Moves it behind all others. */
static inline void
list_append(struct link *head, struct link *link)
{
    link_remove(link);
    link->previous = head->previous;
    link->next = head;
    head->previous->next = link;
    head->previous = link;
}

static inline struct link *
list_first(const struct link *head)
{
    return head->next == head ? NULL : head->next;
}

#endif

/* The elements of list headers, one after the other. */
#include "parser/message.h"

#include "parser/params.h"

struct header_walk
message_walk(const struct message *m, enum header_id id)
{
    return (struct header_walk){ .m = m, .line = m->first[id] };
}

static bool
next_line(struct header_walk *walk)
{
    if (walk->line < 0)
        return false;
    walk->rest = walk->m->line[walk->line].value;
    walk->line = walk->m->line[walk->line].next;
    return true;
}

bool
header_walk_next(struct header_walk *walk, struct slice *element)
{
    while (!list_next(&walk->rest, element))
        if (!next_line(walk))
            return false;
    return true;
}

void
contact_walk_start(struct contact_walk *walk, const struct message *m)
{
    walk->rest = (struct header_walk){ m, m->contacts_line, m->contacts_rest };
    walk->kept = 0;
}

enum contact_taken
contact_walk_next(struct contact_walk *walk, const struct contact **contact)
{
    const struct message *m = walk->rest.m;
    enum contact_taken taken;

    if (walk->kept < m->contacts_kept) {
        *contact = &m->contact[walk->kept++];
        return CONTACT_TAKEN;
    }
    while ((taken = m->take_contact(&walk->rest.rest, &walk->parsed)) == CONTACT_NONE)
        if (!next_line(&walk->rest))
            return CONTACT_NONE;
    *contact = &walk->parsed;
    return taken;
}

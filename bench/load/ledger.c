#include "bench/load/ledger.h"

#include "bench/load/memory.h"

enum {
    LEFT_FOR_ANSWERS = 1 << 24, /* more than ever are open */
};

void
ledger_open(struct ledger *l, uint32_t users, uint32_t run)
{
    *l = (struct ledger){ .user_count = users, .run = run };
    l->users = memory_take(users, sizeof *l->users);
}

void
ledger_close(struct ledger *l)
{
    for (uint32_t i = 0; i < l->user_count; i++)
        free(l->users[i].messages);
    free(l->users);
}

bool
ledger_is_full(const struct ledger *l)
{
    return l->now > UINT32_MAX - LEFT_FOR_ANSWERS;
}

uint32_t
ledger_send(struct ledger *l, uint32_t user)
{
    struct ledger_user *u = &l->users[user];

    if (u->count == u->room) {
        u->room = u->room == 0 ? 16 : 2 * u->room;
        u->messages = memory_resize(u->messages, u->room, sizeof *u->messages);
    }
    u->messages[u->count] = (struct ledger_message){ .sent_at = ++l->now };
    l->sent++;
    return u->count++;
}

void
ledger_accept(struct ledger *l, uint32_t user, uint32_t sequence)
{
    struct ledger_message *m = &l->users[user].messages[sequence];

    m->accepted_at = ++l->now;
    l->accepted++;
    if (!m->arrived) {
        l->users[user].waiting++;
        l->waiting++;
    }
}

static void
note_order(struct ledger *l, struct ledger_user *u, const struct ledger_message *m)
{
    if (m->accepted_at != 0 && m->accepted_at < u->latest) {
        u->reordered++;
        l->reordered++;
    }
    if (m->sent_at > u->latest)
        u->latest = m->sent_at;
}

static bool
note_first(struct ledger *l, struct ledger_user *u, struct ledger_message *m,
           uint32_t branch)
{
    m->arrived = true;
    m->branch = branch;
    l->arrived++;
    if (m->accepted_at != 0) {
        u->waiting--;
        l->waiting--;
    }
    note_order(l, u, m);
    return true;
}

/* It says whose it is: of this run, and with the checksum over that. */
static bool
note_known(struct ledger *l, uint32_t at, const struct body *body, bool damaged,
           uint32_t branch)
{
    struct ledger_user *u = &l->users[body->user];
    struct ledger_message *m = &u->messages[body->sequence];

    if (m->arrived && m->branch == branch) {
        l->repeated++;
        return false;
    }
    u->corrupted += damaged;
    l->corrupted += damaged;
    u->changed += body->changed && !damaged;
    l->changed += body->changed && !damaged;
    if (at != UINT32_MAX && at != body->user) {
        u->misdelivered++;
        l->misdelivered++;
    }
    if (!m->arrived)
        return note_first(l, u, m, branch);
    u->doubled++;
    l->doubled++;
    return false;
}

static void
note_unreadable(struct ledger *l, uint32_t at)
{
    l->corrupted++;
    if (at < l->user_count)
        l->users[at].corrupted++;
}

bool
ledger_arrive(struct ledger *l, uint32_t at, struct slice text, bool mine,
              uint32_t branch)
{
    struct body body = { 0 };
    enum body_status status = body_read(text, l->run, &body);

    if (status == BODY_STALE)
        l->stale++;
    else if (status == BODY_FOREIGN && !mine)
        l->foreign++;
    else if (status == BODY_FOREIGN || status == BODY_UNREADABLE ||
             body.user >= l->user_count || body.sequence >= l->users[body.user].count)
        note_unreadable(l, at);
    else
        return note_known(l, at, &body, status == BODY_DAMAGED, branch);
    return false;
}

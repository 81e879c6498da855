#include "tests/oracle_live.h"

enum {
    CLIENT_LIFE_MS = 32000, /* RFC 3261 17.1.2.2: 64*T1; later answers are not heard */
};

static void
check_order(const struct oracle *o, const struct posted *p)
{
    for (size_t i = 0; i < o->posted_count; i++) {
        const struct posted *q = o->posted[i];
        if (q != p && strcmp(q->user, p->user) == 0 && q->was_accepted &&
            !q->was_attempted && !q->was_forwarded && oracle_is_waiting(o, q))
            world_fail(o->world, "order: %u goes to %s before %u (id %llu)", p->number,
                       p->user, q->number, (unsigned long long)q->id);
    }
}

/* Its server transaction is over, timer J and all (RFC 3261 17.2.2). */
static bool
is_forgotten(const struct oracle *o, const struct posted *p)
{
    const struct world *w = o->world;

    return p->final != 0 && (p->call->protocol == PROTOCOL_TCP ||
                             w->now.ms >= p->final_ms + w->settings.wt_timer_s * 1000u);
}

static void
check_once(const struct oracle *o, const struct posted *p)
{
    const struct world *w = o->world;

    for (size_t i = 0; i < o->attempt_count; i++) {
        const struct attempt *a = &o->attempts[i];
        if (a->posted == p && !a->is_dump && a->life == w->life &&
            a->started_ms != w->now.ms && !is_forgotten(o, p))
            world_fail(o->world, "once: %u is passed on again", p->number);
    }
    if (p->is_told && !p->may_come_again)
        world_fail(o->world, "once: %u is passed on after it was stored", p->number);
}

void
oracle_live_sent(const struct oracle *o, const struct posted *p)
{
    if (!p->is_for_now)
        check_order(o, p);
    check_once(o, p);
}

void
oracle_live_heard(const struct oracle *o, const struct attempt *a, unsigned status)
{
    struct posted *p = a->posted;

    if (status < ORACLE_STATUSES)
        p->heard[status] = true;
    if (status >= 300 || o->world->now.ms >= a->started_ms + CLIENT_LIFE_MS)
        return;
    p->was_forwarded = true;
    p->forwarded_life = o->world->life;
    if (!p->was_delivered)
        world_fail(o->world, "kept: a 2xx to %u, which no phone has said", p->number);
}

/* A disk that lied about a commit left a copy that nobody knows of; its sender got 503. */
void
oracle_live_dumped(const struct oracle *o, const struct posted *p)
{
    if (p->was_forwarded && p->is_told && p->forwarded_life == o->world->life)
        world_fail(o->world, "once: %u is dumped after its phone has taken it",
                   p->number);
}

/* Section 3 of the contract. */
static bool
is_stored_on(unsigned status)
{
    static const unsigned codes[] = { 404, 405, 408, 410, 430, 480, 486,
                                      487, 500, 501, 502, 503, 504 };

    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i] == status)
            return true;
    return false;
}

void
oracle_live_answered(const struct oracle *o, const struct posted *p, unsigned status)
{
    if (status == 202 && p->is_for_now && !p->heard[202])
        world_fail(o->world, "answer: %u is for now or never, and gets 202", p->number);
    if (status == 200 || status == 202 || status == 503 ||
        (status == 480 && p->is_for_now))
        return;
    if (is_stored_on(status))
        world_fail(o->world, "answer: %u gets %u and is not stored", p->number, status);
    if (status >= ORACLE_STATUSES || !p->heard[status])
        world_fail(o->world, "answer: %u gets %u, which no phone has said", p->number,
                   status);
}

#include "bench/load/source.h"

enum {
    DRAWS = 16, /* for a phone that is not busy; then something else is sent */
};

static bool
write_to(struct run *run, enum request_kind kind, uint32_t user, struct request *out)
{
    *out = (struct request){ kind, user, ledger_send(&run->ledger, user) };
    return true;
}

static bool
next_store(struct run *run, struct request *out)
{
    return write_to(run, REQUEST_STORE,
                    (uint32_t)(run->cursor++ % run->ledger.user_count), out);
}

static bool
next_online(struct run *run, struct request *out)
{
    return write_to(run, REQUEST_ONLINE,
                    (uint32_t)(run->cursor++ % run->ledger.user_count), out);
}

/* Two that are open at once could arrive in the wrong order, and one be refused for its CSeq. */
static bool
register_one(struct run *run, enum request_kind kind, uint32_t user, struct request *out)
{
    struct phone *phone = &run->phones[user];

    if (phone->busy)
        return false;
    phone->busy = true;
    *out = (struct request){ kind, user, phone->registrations++ };
    return true;
}

static bool
next_register(struct run *run, struct request *out)
{
    uint32_t users = run->ledger.user_count;

    for (uint32_t i = 0; i < users; i++)
        if (register_one(run, REQUEST_REGISTER, (uint32_t)(run->cursor++ % users), out))
            return true;
    return false;
}

static bool
next_leave(struct run *run, struct request *out)
{
    while (run->cursor < run->ledger.user_count) {
        uint32_t user = (uint32_t)run->cursor++;

        if (population_is_online(&run->population, user) &&
            register_one(run, REQUEST_UNREGISTER, user, out))
            return true;
    }
    run->exhausted = true;
    return false;
}

static bool
send_options(struct run *run, struct request *out)
{
    *out = (struct request){ REQUEST_OPTIONS, 0, (uint32_t)run->cursor++ };
    return true;
}

/* Of four: one comes, one goes, two register again. */
static bool
next_change(struct run *run, struct request *out)
{
    for (unsigned i = 0; i < DRAWS; i++) {
        uint64_t chance = run_chance(run);
        bool comes = (chance & 3) == 0, goes = (chance & 3) == 1;
        uint32_t user = population_draw(&run->population, !comes, chance >> 2);

        if (register_one(run, goes ? REQUEST_UNREGISTER : REQUEST_REGISTER, user, out))
            return true;
    }
    return false;
}

static enum request_kind
draw_kind(struct run *run)
{
    const uint32_t *mix = run->options->mix;
    uint64_t sum = 0, chance;
    unsigned kind;

    for (kind = 0; kind < REQUEST_KINDS; kind++)
        sum += mix[kind];
    chance = run_chance(run) % sum;
    for (kind = 0; chance >= mix[kind]; kind++)
        chance -= mix[kind];
    return (enum request_kind)kind;
}

static bool
next_mixed(struct run *run, struct request *out)
{
    enum request_kind kind = draw_kind(run);

    if (kind == REQUEST_STORE || kind == REQUEST_ONLINE)
        return write_to(
            run, kind,
            population_draw(&run->population, kind == REQUEST_ONLINE, run_chance(run)),
            out);
    if (kind == REQUEST_OPTIONS)
        return send_options(run, out);
    return next_change(run, out);
}

const struct source source_store = { next_store, NULL };
const struct source source_online = { next_online, NULL };
const struct source source_register = { next_register, NULL };
const struct source source_leave = { next_leave, NULL };
const struct source source_mixed = { next_mixed, NULL };

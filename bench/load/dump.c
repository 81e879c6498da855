#include "bench/load/dump.h"

static bool
is_for(enum dump_users dumped, const struct ledger_user *user)
{
    switch (dumped) {
    case DUMP_WAITING:
        return user->waiting > 0;
    case DUMP_SERVED:
        return user->waiting == 0 && user->count > 0;
    case DUMP_ALL:
        break;
    }
    return true;
}

static bool
next(struct run *run, struct request *out)
{
    const struct ledger *ledger = &run->ledger;

    while (run->cursor < ledger->user_count &&
           !is_for(run->dumped, &ledger->users[run->cursor]))
        run->cursor++;
    if (run->cursor >= ledger->user_count) {
        run->exhausted = true;
        return false;
    }
    uint32_t user = (uint32_t)run->cursor++;
    struct phone *phone = &run->phones[user];

    phone->busy = phone->dumping = true;
    phone->word_ns = run->now_ns;
    phone->meant_ns = run->meant_ns;
    run->dumping++;
    queue_in(&run->idle, run->idle_link, user);
    *out = (struct request){ REQUEST_REGISTER, user, phone->registrations++ };
    return true;
}

static uint32_t
open(const struct run *run)
{
    return run->dumping;
}

const struct source dump_source = { next, open };

static void
end(struct run *run, uint32_t user)
{
    run->phones[user].dumping = false;
    run->dumping--;
    queue_out(&run->idle, run->idle_link, user);
}

static bool
has_all(const struct run *run, uint32_t user)
{
    return run->ledger.users[user].waiting == 0 && !run->phones[user].busy;
}

void
dump_arrived(struct run *run, uint32_t user, bool is_new)
{
    struct phone *phone = &run->phones[user];

    if (!phone->dumping)
        return;
    if (is_new)
        histogram_record(&run->phase->gap, run->now_ns - phone->meant_ns);
    phone->word_ns = phone->meant_ns = run->now_ns;
    queue_out(&run->idle, run->idle_link, user);
    queue_in(&run->idle, run->idle_link, user);
    if (has_all(run, user))
        end(run, user);
}

void
dump_registered(struct run *run, uint32_t user, bool success)
{
    if (!run->phones[user].dumping)
        return;
    run->result.given_up += !success;
    if (!success || has_all(run, user))
        end(run, user);
}

void
dump_give_up(struct run *run)
{
    while (run->idle.first != QUEUE_NONE && dump_next_ns(run) <= run->now_ns) {
        uint32_t user = run->idle.first;

        run->result.given_up++;
        run->phones[user].given_up = true;
        end(run, user);
    }
}

uint64_t
dump_next_ns(const struct run *run)
{
    if (run->idle.first == QUEUE_NONE)
        return UINT64_MAX;
    return run->phones[run->idle.first].word_ns + run->options->patience_ns;
}

#include "bench/load/verdict.h"

uint64_t
verdict_user_lost(const struct run *run, uint32_t user)
{
    bool had_its_turn = run->result.collected || run->phones[user].given_up;

    return had_its_turn ? run->ledger.users[user].waiting : 0;
}

uint64_t
verdict_lost(const struct run *run)
{
    uint64_t lost = 0;

    for (uint32_t user = 0; user < run->ledger.user_count; user++)
        lost += verdict_user_lost(run, user);
    return lost;
}

static bool
went_unanswered(const struct run *run)
{
    for (unsigned i = 0; i < run->result.phases; i++)
        if (phase_timeouts(&run->result.phase[i]) > 0)
            return true;
    return false;
}

bool
verdict_is_damaged(const struct run *run)
{
    const struct ledger *l = &run->ledger;

    return verdict_lost(run) > 0 || l->doubled > 0 || l->corrupted > 0 ||
           l->reordered > 0 || l->misdelivered > 0 ||
           (run->options->strict && l->changed > 0);
}

bool
verdict_is_user_damaged(const struct run *run, uint32_t user)
{
    const struct ledger_user *u = &run->ledger.users[user];

    return verdict_user_lost(run, user) > 0 || u->doubled > 0 || u->corrupted > 0 ||
           u->reordered > 0 || u->misdelivered > 0 ||
           (run->options->strict && u->changed > 0);
}

bool
verdict_has_succeeded(const struct run *run)
{
    for (unsigned i = 0; i < run->result.phases; i++)
        if (run->result.phase[i].measured && phase_count(&run->result.phase[i]) > 0)
            return true;
    return false;
}

const char *
verdict_word(const struct run *run)
{
    if (verdict_is_damaged(run))
        return "damaged";
    if (run->result.interrupted)
        return "interrupted";
    if (!verdict_has_succeeded(run))
        return "failed";
    return went_unanswered(run) ? "unanswered" : "whole";
}

int
verdict_exit_code(const struct run *run)
{
    if (run->result.interrupted)
        return VERDICT_INTERRUPTED;
    if (verdict_is_damaged(run))
        return VERDICT_DAMAGED;
    if (!verdict_has_succeeded(run))
        return VERDICT_FAILED;
    return went_unanswered(run) ? VERDICT_UNANSWERED : 0;
}

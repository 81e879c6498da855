#include "bench/load/verdict.h"

uint64_t
verdict_lost(const struct run *run)
{
    return run->result.collected ? run->ledger.waiting : 0;
}

uint64_t
verdict_user_lost(const struct run *run, uint32_t user)
{
    return run->result.collected ? run->ledger.users[user].waiting : 0;
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
    return verdict_has_succeeded(run) ? "whole" : "failed";
}

int
verdict_exit_code(const struct run *run)
{
    if (run->result.interrupted)
        return 130;
    if (verdict_is_damaged(run))
        return 1;
    return verdict_has_succeeded(run) ? 0 : 2;
}

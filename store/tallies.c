#include "store/tallies.h"

#include <stdlib.h>

void
tallies_free(struct tallies *tallies)
{
    free(tallies->slots);
    tallies->slots = NULL;
}

static struct tally *
slot_of(struct tallies *tallies, uint64_t aor_hash)
{
    return &tallies->slots[aor_hash % TALLIES];
}

struct tally *
tallies_of(struct tallies *tallies, uint64_t aor_hash, int64_t now_s, bool *known)
{
    struct tally *tally;

    if (tallies->slots == NULL) {
        tallies->slots = malloc(TALLIES * sizeof *tallies->slots);
        if (tallies->slots == NULL)
            return NULL;
        tallies_forget_all(tallies);
    }
    tally = slot_of(tallies, aor_hash);
    *known = tally->aor_hash == aor_hash && tally->counted_s <= now_s &&
             now_s < tally->earliest_s;
    return tally;
}

void
tally_begin(struct tally *tally, uint64_t aor_hash, int64_t now_s)
{
    *tally = (struct tally){ .aor_hash = aor_hash,
                             .counted_s = now_s,
                             .earliest_s = INT64_MAX };
}

void
tally_add(struct tally *tally, int64_t exp_time_s, uint64_t bytes)
{
    if (exp_time_s <= tally->counted_s)
        return;
    tally->count++;
    tally->bytes += bytes;
    if (exp_time_s < tally->earliest_s)
        tally->earliest_s = exp_time_s;
}

void
tallies_forget(struct tallies *tallies, uint64_t aor_hash)
{
    if (tallies->slots != NULL && slot_of(tallies, aor_hash)->aor_hash == aor_hash)
        slot_of(tallies, aor_hash)->earliest_s = INT64_MIN;
}

void
tallies_forget_all(struct tallies *tallies)
{
    for (uint32_t i = 0; tallies->slots != NULL && i < TALLIES; i++)
        tallies->slots[i].earliest_s = INT64_MIN;
}

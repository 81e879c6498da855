#include "src/silo/recent.h"

#include <stdlib.h>

enum {
    PLACES = 2 * RECENT_MAX, /* a power of two; half of them stay free */
};

void
recent_free(struct recent *recent)
{
    free(recent->generations[0]);
    free(recent->generations[1]);
}

/* A keyed hash already; two of 2^16 have one in common once in 2^32 tables. */
static uint64_t
key_of(const struct hash128 *origin)
{
    uint64_t key;

    memcpy(&key, origin->bytes, sizeof key);
    return key == 0 ? 1 : key;
}

/* Where it stands, or the free place where it would. */
static uint64_t *
place_of(uint64_t *generation, uint64_t key)
{
    size_t i = key & (PLACES - 1);

    while (generation[i] != 0 && generation[i] != key)
        i = (i + 1) & (PLACES - 1);
    return &generation[i];
}

static void
turn(struct recent *recent, struct moment now)
{
    uint64_t *oldest = recent->generations[recent->young ^ 1];

    recent->young ^= 1;
    recent->counts[recent->young] = 0;
    recent->turned_ms = now.ms;
    if (oldest != NULL)
        memset(oldest, 0, PLACES * sizeof *oldest);
}

void
recent_add(struct recent *recent, const struct hash128 *origin, struct moment now)
{
    uint64_t **young, *place;

    if (recent->counts[recent->young] == RECENT_MAX ||
        now.ms - recent->turned_ms >= (uint64_t)RECENT_S * 1000)
        turn(recent, now);
    young = &recent->generations[recent->young];
    if (*young == NULL)
        *young = calloc(PLACES, sizeof **young);
    if (*young == NULL)
        return;
    place = place_of(*young, key_of(origin));
    recent->counts[recent->young] += *place == 0;
    *place = key_of(origin);
}

bool
recent_is_empty(const struct recent *recent)
{
    return recent->counts[0] == 0 && recent->counts[1] == 0;
}

bool
recent_has(const struct recent *recent, const struct hash128 *origin)
{
    for (int i = 0; i < 2; i++)
        if (recent->generations[i] != NULL &&
            *place_of(recent->generations[i], key_of(origin)) != 0)
            return true;
    return false;
}

#include "tests/random.h"

#include <assert.h>
#include <stdlib.h>
#include <sys/random.h>

static uint64_t
rotate(uint64_t x, int bits)
{
    return x << bits | x >> (64 - bits);
}

void
random_seed(struct random *random, uint64_t seed)
{
    for (int i = 0; i < 4; i++) {
        uint64_t z = seed += 0x9e3779b97f4a7c15;
        z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
        z = (z ^ z >> 27) * 0x94d049bb133111eb;
        random->state[i] = z ^ z >> 31;
    }
}

uint64_t
random_seed_given(void)
{
    const char *given = getenv("SEED");
    uint64_t seed;
    ssize_t got;

    if (given != NULL)
        return strtoull(given, NULL, 0);
    got = getrandom(&seed, sizeof seed, 0);
    assert(got == sizeof seed);
    return seed;
}

uint64_t
random_next(struct random *random)
{
    uint64_t *s = random->state;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;

    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t
random_below(struct random *random, uint32_t bound)
{
    return (uint32_t)((random_next(random) >> 32) * bound >> 32);
}

bool
random_chance(struct random *random, uint32_t per_mille)
{
    return random_below(random, 1000) < per_mille;
}

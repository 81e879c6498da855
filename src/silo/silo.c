#include "src/silo/silo.h"

uint64_t
silo_nonce(struct silo *silo)
{
    uint64_t count = ++silo->nonce;

    return siphash64(&silo->run, slice_of((const char *)&count, sizeof count));
}

#include "bench/load/histogram.h"

#include <stddef.h>

static size_t
index_of(uint64_t ns)
{
    unsigned shift;

    if (ns < UINT64_C(2) << HISTOGRAM_BITS)
        return ns;
    shift = 63 - (unsigned)__builtin_clzll(ns) - HISTOGRAM_BITS;
    return ((size_t)shift << HISTOGRAM_BITS) + (ns >> shift);
}

/* The largest value that falls into the bucket. */
static uint64_t
top_of(size_t index)
{
    unsigned shift;

    if (index < 2u << HISTOGRAM_BITS)
        return index;
    shift = (unsigned)(index >> HISTOGRAM_BITS) - 1;
    return ((index - ((size_t)shift << HISTOGRAM_BITS) + 1) << shift) - 1;
}

void
histogram_record(struct histogram *h, uint64_t ns)
{
    if (ns > HISTOGRAM_MAX_NS)
        ns = HISTOGRAM_MAX_NS;
    if (h->count == 0 || ns < h->min_ns)
        h->min_ns = ns;
    if (ns > h->max_ns)
        h->max_ns = ns;
    h->count++;
    h->sum_ns += ns;
    h->bucket[index_of(ns)]++;
}

/* The number, from 1, that the value has among all in order. */
static uint64_t
rank_of(const struct histogram *h, double part)
{
    double exact = part * (double)h->count;
    uint64_t rank = (uint64_t)exact;

    rank += (double)rank < exact;
    if (rank < 1)
        return 1;
    return rank > h->count ? h->count : rank;
}

uint64_t
histogram_at(const struct histogram *h, double part)
{
    uint64_t rank, seen = 0;
    size_t index = 0;

    if (h->count == 0)
        return 0;
    rank = rank_of(h, part);
    while ((seen += h->bucket[index]) < rank)
        index++;
    return top_of(index) < h->max_ns ? top_of(index) : h->max_ns;
}

double
histogram_mean_ns(const struct histogram *h)
{
    return h->count == 0 ? 0 : (double)h->sum_ns / (double)h->count;
}

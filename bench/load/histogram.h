/* histogram - durations in buckets that widen with them: three significant digits.
 *
 * Shape   Below 2048 ns each nanosecond has its bucket; above, each power of two is cut into
 *         1024. What is read back is the upper end of a bucket: never less than what was
 *         recorded, and more by at most one part in 1024.
 * Limits  What lasts longer than HISTOGRAM_MAX_NS, over half an hour, counts as that.
 * Memory  256 KiB, of which the system gives only what is touched. All zero is empty.
 */
#ifndef BENCH_LOAD_HISTOGRAM_H
#define BENCH_LOAD_HISTOGRAM_H

#include <stdint.h>

enum {
    HISTOGRAM_BITS = 10,
    HISTOGRAM_POWERS = 41,
    HISTOGRAM_BUCKETS = (HISTOGRAM_POWERS - HISTOGRAM_BITS + 1) << HISTOGRAM_BITS,
};

#define HISTOGRAM_MAX_NS ((UINT64_C(1) << HISTOGRAM_POWERS) - 1)

struct histogram {
    uint64_t count, sum_ns;
    uint64_t min_ns, max_ns; /* exact */
    uint64_t bucket[HISTOGRAM_BUCKETS];
};

void
histogram_record(struct histogram *histogram, uint64_t ns);

/* The value that such a part of all does not exceed: 0.5 is the median, 1 the maximum.
 * 0 where nothing was recorded. */
uint64_t
histogram_at(const struct histogram *histogram, double part);

double
histogram_mean_ns(const struct histogram *histogram);

#endif

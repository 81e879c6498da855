/* variant - one parser, compiled for each kind of CPU.
 *
 * All variants give the same answer to the same octets, faults and reason phrases included;
 * the scalar one is the reference. message_parse uses the fastest that this machine can run,
 * chosen before main begins. Tests, fuzzers and benchmarks ask for each of them:
 *
 *     for (size_t n = 0; (variant = variant_at(n)) != NULL; n++)
 *         variant->parse(&m, bytes, MESSAGE_DATAGRAM);
 *
 * or have everything that calls message_parse run on one of them, by variant_use.
 *
 * Memory  Static.
 */
#ifndef PARSER_VARIANT_H
#define PARSER_VARIANT_H

#include "parser/message.h"

struct variant {
    const char *name; /* "scalar", "avx2" */
    enum parse_status (*parse)(struct message *m, struct slice bytes,
                               enum message_framing framing);
    size_t slack; /* octets behind `bytes` that must be readable, at most MESSAGE_SLACK */
};

/* Those that this machine can run, slowest first: 0 is the scalar reference, the last is what
 * message_parse uses. NULL behind it. */
const struct variant *
variant_at(size_t n);

/* From now on message_parse uses this one. Before there are threads. */
void
variant_use(const struct variant *variant);

#endif

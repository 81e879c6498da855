/* mix - requests as many different phones would send them, from a seed.
 *
 * Seven of ten are MESSAGE, the others REGISTER. Users, hosts, ports, tags, branches, Call-IDs,
 * bodies and what comes with them differ; some have display names, compact header names, tel
 * URIs, several Vias or Contacts, and header names in other cases.
 */
#ifndef BENCH_PARSER_MIX_H
#define BENCH_PARSER_MIX_H

#include "tests/random.h"

#include <stddef.h>

enum {
    MIX_BYTES_MAX = 2048, /* of one message */
};

/* Writes the next message; returns its length, at most MIX_BYTES_MAX. */
size_t
mix_write(struct random *random, char *out);

#endif

/* stranger - somebody in the simulated world who is no phone: sends whatever he is given,
 * keeps the last request that he got, and knows how an honest peer would speak.
 *
 * Memory  A stranger lives as long as the world.
 */
#ifndef FUZZ_STRANGER_H
#define FUZZ_STRANGER_H

#include "tests/oracle.h"

enum {
    STRANGER_HOST = 1000, /* 10.1.3.232; the next one has the next address */
    STRANGER_TEXT = 8192,
};

struct stranger {
    struct oracle *oracle;
    struct peer peer;
    unsigned index;
    char request[STRANGER_TEXT];
    size_t len;
};

void
stranger_init(struct stranger *stranger, struct oracle *oracle, unsigned index);

/* Unless it is something that only one of the oracle's own phones could say. */
void
stranger_send(struct stranger *stranger, enum protocol protocol, struct slice text);

/* What an honest peer would send: of kind % 8, 0 to 2 is a MESSAGE to a user or to the
 * first stranger, 3 a REGISTER, the rest a response to the last request, kind / 8 its
 * status. Returns the length. */
size_t
stranger_write(struct stranger *stranger, unsigned kind, enum protocol protocol,
               char out[STRANGER_TEXT]);

#endif

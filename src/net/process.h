/* process - what a server asks of its process: signals' defaults, descriptors, chance. */
#ifndef NET_PROCESS_H
#define NET_PROCESS_H

#include "parser/siphash.h"
#include "src/settings.h"

/* Ignores SIGPIPE, since a closed stream is an error code here; answers SIGBUS, which a
 * store's file raises when it is cut under us, with one line and exit code 1; and raises the
 * soft limit of descriptors to what the connections need, as far as the hard one allows. */
void
process_prepare(const struct settings *settings);

/* Random octets of the kernel. False: there are none. */
bool
process_draw_key(struct hash_key *out);

#endif

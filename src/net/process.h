/* process - what a server asks of its process: signals' defaults, descriptors, chance. */
#ifndef NET_PROCESS_H
#define NET_PROCESS_H

#include "parser/siphash.h"
#include "src/settings.h"

/* Signals that a store's file brings about, when it is cut or damaged under us, end the
 * process with exit code 1 and one line, which stands between these two. Elsewhere than in the
 * store SIGSEGV, SIGFPE and SIGABRT are what they were. */
void
process_watch_store(const char *before, const char *behind);

/* Ignores SIGPIPE, since a closed stream is an error code here; watches the store; keeps large
 * blocks out of the heap; and raises the soft limit of descriptors to what the connections
 * need, as far as the hard one allows. */
void
process_prepare(const struct settings *settings);

/* Random octets of the kernel. False: there are none. */
bool
process_draw_key(struct hash_key *out);

#endif

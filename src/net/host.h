/* host - the server on a real machine: libuv's loop, sockets, clock, disk and names.
 *
 * Opens the store and every listener, runs until SIGTERM or SIGINT, commits what was
 * accepted, and closes. Events go inward as calls to src/server.h; a libuv callback decides
 * nothing of the protocol.
 */
#ifndef NET_HOST_H
#define NET_HOST_H

#include "src/settings.h"

/* The exit code: 0 after a clean stop, 1 when the store or a port could not be opened (one
 * log line says which and why). */
int
host_run(const struct settings *settings);

#endif

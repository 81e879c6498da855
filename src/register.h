/* register - a REGISTER from its arrival to its answer, and the dump behind it.
 *
 * Where bindings survive a restart (usrloc.db_mode 1) the answer waits for the commit that
 * holds them; when that fails the location is put back and the answer is 500 (RFC 3261 10.3
 * step 7).
 */
#ifndef REGISTER_H
#define REGISTER_H

#include "src/route.h"

void
register_request(struct router *router, struct incoming *in);

#endif

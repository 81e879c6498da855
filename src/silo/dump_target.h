/* dump_target - where a dump goes: which binding, which Request-URI, which flow. */
#ifndef SILO_DUMP_TARGET_H
#define SILO_DUMP_TARGET_H

#include "src/silo/silo.h"

/* The binding a dump of this AoR goes to: the one with `contact` while it lives, else the
 * best one. Its UA takes MESSAGE, and its address has shown that it receives or auth.register
 * is none. NULL: there is none. Valid until the location changes. */
const struct binding *
dump_binding(const struct silo *silo, struct slice aor, struct slice contact);

/* Its UA takes MESSAGE, and its address has shown that it receives or auth.register is none. */
bool
binding_is_usable(const struct silo *silo, const struct binding *binding);

/* The flow toward it: msilo.outbound_proxy, else its Path, else the connection or the
 * address that it registered from, else what its contact URI says. */
enum hop_status
dump_flow(struct silo *silo, const struct binding *binding, struct flow *flow,
          struct hop_wait *wait);

#endif

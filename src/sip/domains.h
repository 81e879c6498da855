/* domains - which URIs are ours: core.alias, and the addresses we listen on. */
#ifndef SIP_DOMAINS_H
#define SIP_DOMAINS_H

#include "parser/uri.h"
#include "parser/writer.h"
#include "src/settings.h"

struct domains {
    const struct settings *settings;
    uint16_t ports[LIMIT_LISTENERS]; /* that the listeners really have */
};

void
domains_init(struct domains *domains, const struct settings *settings);

/* A host of core.alias with any port, or an address we listen on with that listener's port
 * or with none: clients write their AoR without the port they dial. */
bool
domains_has(const struct domains *domains, const struct uri *uri);

/* The canonical AoR of a sip or sips URI with a user part and a domain of ours. Its length;
 * 0 when it is none. */
size_t
domains_aor(const struct domains *domains, const struct uri *uri, char out[AOR_MAX]);

/* What our Via says of the side that this flow leaves from: "192.0.2.1:5060". A socket bound
 * to every address is named by the first alias. */
struct slice
domains_sent_by(const struct domains *domains, const struct flow *flow, char *out,
                size_t room);

/* Our own Via line for a request that leaves over this flow; rport over UDP (RFC 3581 3). */
void
domains_write_via(struct writer *w, const struct domains *domains,
                  const struct flow *flow, struct slice branch);

#endif

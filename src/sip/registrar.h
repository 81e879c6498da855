/* registrar - what a REGISTER does to the location (RFC 3261 10.3, RFC 3327, RFC 5626 instance).
 *
 * The registrar decides and applies; it sends nothing. Its caller writes the answer, with
 * registrar_write_contacts, and starts the dump.
 *
 * Errors  A status of 4xx or 5xx with its reason; the location is then as before. With a 423
 *         the caller sends Min-Expires (RFC 3261 21.4.17). The reason lies in static memory.
 * Limits  max_contacts bindings an AoR, BINDING_TEXT_MAX octets of text each.
 */
#ifndef SIP_REGISTRAR_H
#define SIP_REGISTRAR_H

#include "parser/message.h"
#include "parser/writer.h"
#include "src/sip/location.h"

struct registrar_settings {
    uint32_t default_expires_s;
    uint32_t min_expires_s;
    uint32_t max_expires_s;
    uint32_t max_contacts;
};

struct registrar_result {
    unsigned status; /* 200, or the refusal */
    struct slice reason;
    bool changed; /* a binding was added, refreshed or removed */
    bool
        has_contact; /* `contact` is set: a binding of this REGISTER that lives and takes MESSAGE */
    struct slice contact; /* the best of them: its URI, in the request's bytes */
};

/* `verified`: the source has shown that it receives (a stream, or a trusted or authenticated
 * peer). The caller has checked that the AoR is ours and that the sender may. */
struct registrar_result
registrar_process(struct location *location, const struct registrar_settings *settings,
                  const struct message *request, struct slice aor,
                  const struct flow *flow, bool verified, struct moment now);

/* A Contact line for each live binding with its remaining expires (10.3 step 8), and Path as
 * the request had it (RFC 3327 5.3). */
void
registrar_write_contacts(struct writer *w, const struct location *location,
                         const struct message *request, struct slice aor,
                         struct moment now);

#endif

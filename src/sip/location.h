/* location - AoR -> bindings that expire (RFC 3261 10.3).
 *
 * Shape   Bindings of an AoR are ordered by q, then newest first. They leave by themselves
 *         when they expire.
 * Units   Expiry is monotonic milliseconds in memory and UTC seconds in a saved value.
 * Memory  One block a binding, with its bytes; owned by the table and freed when it ends.
 *         A pointer to one is valid until the next call that changes the table.
 * Limits  `limit` bindings in all, with `limit_bytes` of text; each with BINDING_TEXT_MAX of it
 *         beside its AoR. What a binding costs without its text: about 350 bytes.
 */
#ifndef SIP_LOCATION_H
#define SIP_LOCATION_H

#include "parser/uri.h"
#include "src/sip/timer_wheel.h"

enum {
    BINDING_TEXT_MAX = 4096, /* contact, path, instance and Call-ID together */
};

struct binding {
    struct slice aor;     /* canonical */
    struct slice contact; /* URI */
    struct slice path; /* Path elements, comma-separated, in the order of the Route set */
    struct slice instance; /* +sip.instance; absent without */
    struct slice call_id;
    uint32_t cseq;
    uint16_t q_thousandths; /* 1000 where none was given */
    bool takes_message;     /* neither Allow nor methods exclude MESSAGE */
    bool
        refused_message; /* it answered 405 or 501: takes_message is false until a REGISTER
                               says MESSAGE in as many words */
    bool is_verified;    /* its address has shown that it receives */
    struct flow flow;    /* what the REGISTER came over: `received`; over a stream that is
                               closed, connection 0: only the contact may still be reached */
    uint64_t expires_ms;  /* monotonic */
    struct binding *next; /* of the same AoR */
};

struct location;

/* NULL: out of memory. */
struct location *
location_new(struct timer_wheel *wheel, const struct hash_key *key, size_t limit,
             size_t limit_bytes);

void
location_free(struct location *location);

size_t
location_count(const struct location *location);

/* From now on keep(self, connection, ..) is called when a connection gets its first binding
 * and when it loses its last one by expiry or change: a transport's own `self` and `keep`
 * fit. It must not call back into the location. Not called for a connection that closes. */
void
location_watch_connections(struct location *location, void *self,
                           void (*keep)(void *self, uint64_t connection,
                                        bool has_binding));

bool
location_connection_has_binding(const struct location *location, uint64_t connection);

/* The live bindings of an AoR, best first; NULL when there are none. */
const struct binding *
location_find(const struct location *location, struct slice aor);

/* One step of a change: adds or replaces (`remove` false) or removes. */
struct binding_change {
    const struct binding *old; /* what it replaces or removes; NULL: it is new */
    struct binding binding;    /* copied; not looked at when `remove` */
    bool remove;
};

/* Applies all changes of one REGISTER or none of them (RFC 3261 10.3 step 7), in order. No
 * two name the same `old`, and its AoR is `aor`; binding.aor, binding.next are not looked
 * at. Texts may lie in the old bindings. False: out of memory or over a limit. */
bool
location_apply(struct location *location, struct slice aor,
               const struct binding_change *changes, size_t count, struct moment now);

/* The same without asking for room: they were there before. False: out of memory. */
bool
location_put_back(struct location *location, struct slice aor,
                  const struct binding_change *changes, size_t count);

/* The live binding whose contact names that user, host and port: of `aor` where it has such a
 * one, else of the only AoR that has. NULL: there is none, or several users claim it. Requests
 * within a dialog have a contact in their Request-URI (RFC 3261 12.2.1.1). */
const struct binding *
location_find_contact(const struct location *location, const struct uri *contact,
                      struct slice aor);

/* The UA behind this contact has shown that it does not know MESSAGE. False: there is no such
 * binding. */
bool
location_refuse_message(struct location *location, struct slice aor,
                        struct slice contact);

/* What waits for this AoR should be on its way and is not, for want of memory: noted until its
 * last binding ends. Without one nothing is noted. */
void
location_set_overdue(struct location *location, struct slice aor, bool overdue);

bool
location_is_overdue(const struct location *location, struct slice aor);

/* The AoR of one that is overdue; absent: none is. */
struct slice
location_any_overdue(const struct location *location);

/* The bindings over that connection stay, with flow.connection 0: a contact that names a
 * host can be connected again (RFC 3261 18.1.1), and one that cannot expires. */
void
location_connection_closed(struct location *location, uint64_t connection);

/* The bindings of an AoR as one value for the store (usrloc.db_mode 1), and back, in
 * location_codec.c. A value has a version byte and a checksum.
 *
 * Encode returns the length, 0 when there are none or `room` is too small; connections are
 * not kept, since they do not outlive the process. Decode adds the bindings, without those
 * that have expired; false: damaged, of a newer version, or no room for them, and nothing
 * was added. flow.listener is as it was saved: the caller knows whether there still is such
 * a one. */
size_t
location_encode(const struct location *location, struct slice aor, struct moment now,
                char *out, size_t room);

/* How long that will be. */
size_t
location_encoded_bytes(const struct location *location, struct slice aor);

bool
location_decode(struct location *location, struct slice aor, struct slice value,
                struct moment now);

/* Puts an AoR back to what location_encode gave before a change that could not be saved, past
 * the limits where others have taken its room; empty: it had no bindings. Streams that are still open stay with their contacts. */
void
location_restore(struct location *location, struct slice aor, struct slice before,
                 struct moment now);

#endif

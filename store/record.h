/* record - one stored message, and its layout in the store's values.
 *
 * Shape   A value is: version byte, checksum (CRC-32C) over all that follows, fixed
 *         numbers, then each text with its length. What is read back is checked whole.
 * Units   Seconds since 1970 UTC. `size` is octets of the body.
 * Memory  Slices of a decoded record point into the value: copy them before it goes.
 * Errors  RECORD_DAMAGED where checksum or lengths are wrong, RECORD_NEWER for a version
 *         byte of the future.
 * Limits  RECORD_MAX bytes encoded. The caller ensures it: a message is smaller.
 */
#ifndef STORE_RECORD_H
#define STORE_RECORD_H

#include "parser/siphash.h"
#include "parser/slice.h"

#include <stdint.h>

enum {
    RECORD_MAX = 256 * 1024,
};

struct record {
    uint64_t id;           /* mid; the key, not in the value */
    int64_t inc_time_s;    /* arrival */
    int64_t exp_time_s;    /* not sent from this second on */
    int64_t date_s;        /* the request's own Date; 0: it had none */
    struct hash128 origin; /* what makes two requests the same one */
    struct slice aor;      /* canonical, "bob@example.org": the silo it lies in */
    struct slice r_uri;    /* Request-URI */
    struct slice src_addr; /* From URI */
    struct slice src_name; /* From display name as written; absent without */
    struct slice dst_addr; /* To URI */
    struct slice dst_name; /* To display name as written; absent without */
    struct slice ctype;    /* the whole Content-Type; absent without */
    struct slice call_id;
    struct slice headers; /* kept header lines, each "Name: value" CRLF; may be empty */
    struct slice body;    /* octet for octet; may be empty */
};

enum record_status {
    RECORD_OK,
    RECORD_DAMAGED,
    RECORD_NEWER,
};

/* Bytes that record_encode will write. */
size_t
record_size(const struct record *record);

/* Writes exactly record_size bytes; the id is not among them. */
void
record_encode(const struct record *record, char *out);

/* The id is the caller's, from the key. Absent and empty texts stay apart. */
enum record_status
record_decode(struct slice value, uint64_t id, struct record *out);

/* What a damaged record says of its expiry, which may be what is damaged. False: nothing. */
bool
record_guess_expiry(struct slice value, int64_t *exp_time_s);

#endif

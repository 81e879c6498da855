/* name_server - a name server on a loopback port of the kernel's choice, on a thread of its
 * own. It answers from records of the test, or not at all.
 *
 *     name_server_start(&server, records, count);
 *     ... a query to server.address ...
 *     name_server_stop(&server);
 */
#ifndef TESTS_NAME_SERVER_H
#define TESTS_NAME_SERVER_H

#include "parser/slice.h"
#include "src/sip/address.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    NAME_SERVER_BYTES = 2048,
};

/* One record, answered to questions of its name and type. */
struct zone_record {
    const char *name; /* "_sip._udp.example.org" */
    uint16_t type;
    struct slice data; /* as in the message */
};

struct name_server {
    int fd;
    pthread_t thread;
    const struct zone_record *records; /* borrowed */
    size_t count;
    atomic_bool is_silent, is_truncating;
    atomic_bool is_held; /* answers wait until it is no more */
    atomic_int rcode;    /* of every answer */
    atomic_size_t asked; /* questions that came */
    struct address address;
};

void
name_server_start(struct name_server *server, const struct zone_record *records,
                  size_t count);

void
name_server_stop(struct name_server *server);

/* A whole answer to one question, as the server gives it. Returns its length. */
size_t
name_server_answer(const struct zone_record *records, size_t count, struct slice query,
                   unsigned char out[NAME_SERVER_BYTES]);

/* The data of a record; it lies in `out`, whose room must do. */
struct slice
zone_srv(unsigned char out[512], uint16_t priority, uint16_t weight, uint16_t port,
         const char *target);

struct slice
zone_naptr(unsigned char out[512], uint16_t order, uint16_t preference, const char *flags,
           const char *service, const char *regexp, const char *replacement);

#endif

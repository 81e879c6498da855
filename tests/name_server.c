#include "tests/name_server.h"

#include "src/net/sockaddr.h"

#include <arpa/nameser.h>
#include <assert.h>
#include <time.h>
#include <unistd.h>

enum {
    HEADER_BYTES = 12,
    STOP_BYTES = 1, /* a datagram of that length ends the thread */
};

/* ---- records ---- */

static size_t
put_number(unsigned char *out, unsigned number)
{
    out[0] = (unsigned char)(number >> 8);
    out[1] = (unsigned char)number;
    return 2;
}

static size_t
put_string(unsigned char *out, const char *text, size_t len)
{
    assert(len < 256);
    out[0] = (unsigned char)len;
    memcpy(out + 1, text, len);
    return 1 + len;
}

/* Without compression; "" is the root. */
static size_t
put_name(unsigned char *out, const char *name)
{
    size_t len = 0;

    while (*name != '\0') {
        size_t label = strcspn(name, ".");

        len += put_string(out + len, name, label);
        name += label + (name[label] == '.');
    }
    out[len++] = 0;
    return len;
}

struct slice
zone_srv(unsigned char out[512], uint16_t priority, uint16_t weight, uint16_t port,
         const char *target)
{
    size_t len = put_number(out, priority);

    len += put_number(out + len, weight);
    len += put_number(out + len, port);
    len += put_name(out + len, target);
    return slice_of((const char *)out, len);
}

struct slice
zone_naptr(unsigned char out[512], uint16_t order, uint16_t preference, const char *flags,
           const char *service, const char *regexp, const char *replacement)
{
    size_t len = put_number(out, order);

    len += put_number(out + len, preference);
    len += put_string(out + len, flags, strlen(flags));
    len += put_string(out + len, service, strlen(service));
    len += put_string(out + len, regexp, strlen(regexp));
    len += put_name(out + len, replacement);
    return slice_of((const char *)out, len);
}

/* ---- answers ---- */

static bool
is_asked_for(const struct zone_record *record, const ns_rr *question)
{
    return ns_rr_type(*question) == record->type &&
           slice_equal_nocase(
               slice_of(record->name, strlen(record->name)),
               slice_of(ns_rr_name(*question), strlen(ns_rr_name(*question))));
}

static size_t
put_record(unsigned char *out, const struct zone_record *record)
{
    size_t len = put_number(out, 0xc000 | HEADER_BYTES); /* the name of the question */

    len += put_number(out + len, record->type);
    len += put_number(out + len, ns_c_in);
    len += put_number(out + len, 0);
    len += put_number(out + len, 60);
    len += put_number(out + len, (unsigned)record->data.len);
    memcpy(out + len, record->data.at, record->data.len);
    return len + record->data.len;
}

size_t
name_server_answer(const struct zone_record *records, size_t count, struct slice query,
                   unsigned char out[NAME_SERVER_BYTES])
{
    ns_msg message;
    ns_rr question;
    unsigned answers = 0;
    size_t len;

    if (ns_initparse((const unsigned char *)query.at, (int)query.len, &message) != 0 ||
        ns_parserr(&message, ns_s_qd, 0, &question) != 0)
        return 0;
    memcpy(out, query.at, HEADER_BYTES);
    out[2] = 0x81; /* an answer; recursion was desired */
    out[3] = 0x80; /* and is available */
    len = HEADER_BYTES + put_name(out + HEADER_BYTES, ns_rr_name(question));
    len += put_number(out + len, ns_rr_type(question));
    len += put_number(out + len, ns_c_in);
    for (size_t i = 0; i < count; i++) {
        if (!is_asked_for(&records[i], &question))
            continue;
        assert(NAME_SERVER_BYTES - len > 12 + records[i].data.len);
        len += put_record(out + len, &records[i]);
        answers++;
    }
    put_number(out + 4, 1);
    put_number(out + 6, answers);
    memset(out + 8, 0, 4);
    return len;
}

/* ---- the server ---- */

static void
wait_while_held(struct name_server *server)
{
    const struct timespec a_moment = { .tv_nsec = 1000000 };

    while (server->is_held)
        nanosleep(&a_moment, NULL);
}

static void *
serve(void *self)
{
    struct name_server *server = self;
    unsigned char query[NAME_SERVER_BYTES], answer[NAME_SERVER_BYTES];
    union sockaddr_any from;

    for (;;) {
        socklen_t from_len = sizeof from;
        ssize_t len = recvfrom(server->fd, query, sizeof query, 0, &from.any, &from_len);
        size_t answer_len;

        if (len <= STOP_BYTES)
            return NULL;
        atomic_fetch_add(&server->asked, 1);
        answer_len = name_server_answer(server->records, server->count,
                                        slice_of((char *)query, (size_t)len), answer);
        wait_while_held(server);
        if (server->is_silent || answer_len == 0)
            continue;
        answer[2] |= server->is_truncating ? 0x02 : 0;
        answer[3] |= (unsigned char)server->rcode;
        sendto(server->fd, answer, answer_len, 0, &from.any, from_len);
    }
}

void
name_server_start(struct name_server *server, const struct zone_record *records,
                  size_t count)
{
    union sockaddr_any any;
    socklen_t len;

    server->records = records;
    server->count = count;
    server->asked = 0;
    assert(address_parse(SLICE("127.0.0.1"), 0, &server->address));
    len = sockaddr_write(&server->address, &any);
    server->fd = socket(AF_INET, SOCK_DGRAM, 0);
    assert(server->fd >= 0 && bind(server->fd, &any.any, len) == 0);
    server->address.port = sockaddr_port_of(server->fd);
    assert(pthread_create(&server->thread, NULL, serve, server) == 0);
}

void
name_server_stop(struct name_server *server)
{
    union sockaddr_any any;
    socklen_t len = sockaddr_write(&server->address, &any);
    ssize_t sent = sendto(server->fd, "", STOP_BYTES, 0, &any.any, len);

    assert(sent == STOP_BYTES);
    pthread_join(server->thread, NULL);
    close(server->fd);
}

/* A kernel of the test's own, which takes some of what it is given, all, or nothing, with an
 * error: what waits leaves once, whole, and requests to a peer in order. */
#include "src/net/datagrams.h"
#include "src/limits.h"
#include "src/net/sockaddr.h"
#include "tests/random.h"

#include <errno.h>
#include <netinet/udp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    ROUNDS = 100000,
    PEERS = 12,
    LONGEST = 9000,
};

static const char RESPONSE[] = "SIP/2.0 ";

/* What is in front of each, behind "SIP/2.0 " if it is a response; the rest is its low octet. */
typedef uint32_t number;

static struct {
    struct random random;
    bool refuses_trains;
    bool *seen; /* by number */
    number last_request[PEERS];
    size_t arrived, trains, largest;
} kernel;

static void
arrive(unsigned peer, struct slice bytes)
{
    bool is_response = slice_starts(bytes, SLICE("SIP/2.0 "));
    number n;

    bytes = slice_skip(bytes, is_response ? strlen(RESPONSE) : 0);
    memcpy(&n, bytes.at, sizeof n);
    assert_false(kernel.seen[n]);
    kernel.seen[n] = true;
    kernel.arrived++;
    for (size_t i = sizeof n; i < bytes.len; i++)
        assert_int_equal((uint8_t)bytes.at[i], (uint8_t)n);
    if (is_response)
        return;
    assert_true(n > kernel.last_request[peer]);
    kernel.last_request[peer] = n;
}

/* Cuts it as Linux does. */
static void
take(const struct msghdr *header)
{
    const struct sockaddr_in *to = header->msg_name;
    struct cmsghdr *control = CMSG_FIRSTHDR(header);
    static char bytes[DATAGRAMS_BATCH * LONGEST];
    size_t len = 0;
    uint16_t segment;

    for (size_t i = 0; i < header->msg_iovlen; i++) {
        memcpy(bytes + len, header->msg_iov[i].iov_base, header->msg_iov[i].iov_len);
        len += header->msg_iov[i].iov_len;
    }
    segment = (uint16_t)len;
    if (control != NULL) {
        assert_int_equal(control->cmsg_level, SOL_UDP);
        assert_int_equal(control->cmsg_type, UDP_SEGMENT);
        memcpy(&segment, CMSG_DATA(control), sizeof segment);
        kernel.trains++;
    }
    for (size_t at = 0; at < len; at += segment)
        arrive(ntohs(to->sin_port),
               slice_of(bytes + at, len - at < segment ? len - at : segment));
}

/* In place of libc's. */
int
sendmmsg(int fd, struct mmsghdr *headers, unsigned count, int flags)
{
    static const int errors[] = { EAGAIN, EINTR, ECONNREFUSED, ENOBUFS, EINVAL };
    unsigned taken = 0, most = random_below(&kernel.random, count + 1);

    (void)fd;
    (void)flags;
    for (; taken < most; taken++) {
        const struct msghdr *header = &headers[taken].msg_hdr;

        if (kernel.refuses_trains && header->msg_iovlen > 1)
            break;
        if (header->msg_iovlen > kernel.largest)
            kernel.largest = header->msg_iovlen;
        take(header);
    }
    if (taken > 0)
        return (int)taken;
    errno = kernel.refuses_trains && headers[0].msg_hdr.msg_iovlen > 1
                ? EIO
                : errors[random_below(&kernel.random, 5)];
    return -1;
}

static void
add(struct datagrams *queue, number n)
{
    static const size_t lengths[] = { 400, 400, 400,  399,  401,
                                      380, 20,  1200, 1201, LONGEST };
    char bytes[LONGEST];
    struct address to = { .port = (uint16_t)random_below(&kernel.random, PEERS) };
    size_t len = lengths[random_below(&kernel.random, 10)], front = 0;

    to.ip[10] = to.ip[11] = 0xff; /* IPv4 */
    memset(bytes, (int)(n & 0xff), len);
    if (random_chance(&kernel.random, 500)) {
        front = strlen(RESPONSE);
        memcpy(bytes, RESPONSE, front);
    }
    memcpy(bytes + front, &n, sizeof n);
    assert_true(datagrams_add(queue, &to, slice_of(bytes, len)));
}

/* Sends now and then, so that what waits is little for a while, then much, and is moved up. */
static size_t
pass_through(bool has_trains, bool refuses_trains)
{
    struct datagrams queue;
    size_t dropped = 0, trouble = 0;
    struct address to;

    datagrams_init(&queue);
    queue.has_trains = has_trains;
    memset(&kernel, 0, sizeof kernel);
    random_seed(&kernel.random, 1);
    kernel.refuses_trains = refuses_trains;
    kernel.seen = calloc(ROUNDS + 1, sizeof *kernel.seen);
    for (number n = 1; n <= ROUNDS; n++) {
        bool is_slow = n / 5000 % 2 == 0;

        add(&queue, n);
        if (datagrams_count(&queue) <
            (is_slow ? LIMIT_DATAGRAMS_OUT / 4 : DATAGRAMS_BATCH))
            continue;
        if (datagrams_send(&queue, -1) != 0 && ++trouble % 16 == 0) {
            datagrams_drop(&queue, &to);
            dropped++;
        }
    }
    while (datagrams_count(&queue) > 0)
        datagrams_send(&queue, -1);
    assert_int_equal(kernel.arrived + dropped, ROUNDS);
    assert_int_equal(queue.singly, 0);
    datagrams_free(&queue);
    free(kernel.seen);
    return kernel.trains;
}

static void
what_waits_leaves_once_whatever_the_kernel_takes(void **state)
{
    (void)state;
    assert_in_range(pass_through(true, false), ROUNDS / 50, ROUNDS);
    assert_in_range(kernel.largest, 4, DATAGRAMS_BATCH);
}

static void
of_a_refused_train_each_leaves_alone(void **state)
{
    (void)state;
    assert_int_equal(pass_through(true, true), 0);
}

static void
where_trains_are_not_known_none_is_made(void **state)
{
    (void)state;
    assert_int_equal(pass_through(false, false), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_waits_leaves_once_whatever_the_kernel_takes),
        cmocka_unit_test(of_a_refused_train_each_leaves_alone),
        cmocka_unit_test(where_trains_are_not_known_none_is_made),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

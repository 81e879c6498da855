#include "bench/load/answer.h"

#include "bench/load/clock.h"
#include "bench/load/reply.h"
#include "bench/load/run.h"

#include <stdio.h>

enum {
    MESSAGE_MAX = 65536,
};

struct silo {
    struct net net;
    uint64_t messages, others;
};

/* A registrar's answer names the contact; this one says at least for how long. */
static void
take(void *context, const struct net_origin *origin, const struct reading *request)
{
    struct silo *silo = context;
    bool is_message = slice_equal(request->method, SLICE("MESSAGE"));
    char *room;

    if (request->status > 0 || slice_equal(request->method, SLICE("ACK")))
        return;
    silo->messages += is_message;
    silo->others += !is_message;
    room = net_answer_room(&silo->net, origin, request->len + REPLY_EXTRA);
    net_answer_put(&silo->net, origin,
                   reply_write(room, request, origin->address,
                               is_message ? SLICE("SIP/2.0 202 Accepted\r\n")
                                          : SLICE("SIP/2.0 200 OK\r\n"),
                               is_message ? SLICE("") : SLICE("Expires: 3600\r\n")));
}

int
answer_run(const struct options *options)
{
    static struct silo silo = { .net.take = take };
    uint64_t end = options->seconds <= 0
                       ? UINT64_MAX
                       : clock_ns() + (uint64_t)(options->seconds * (double)NS_PER_S);

    silo.net.context = &silo;
    if (!net_listen(&silo.net, &options->address, MESSAGE_MAX))
        return 2;
    printf("answering on %s over UDP and TCP\n", silo.net.local[NET_PHONES]);
    fflush(stdout);
    while (!run_is_stopped() && clock_ns() < end) {
        net_wait(&silo.net, NS_PER_S / 5);
        net_flush(&silo.net);
    }
    printf("answered %llu MESSAGEs with 202, %llu others with 200\n",
           (unsigned long long)silo.messages, (unsigned long long)silo.others);
    net_close(&silo.net);
    return 0;
}

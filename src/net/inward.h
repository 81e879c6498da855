/* inward - what sockets, names and disk tell, as calls to the server, each with the moment of
 * the turn. Nothing is decided here.
 */
#ifndef NET_INWARD_H
#define NET_INWARD_H

#include "src/net/events.h"
#include "src/net/lane.h"
#include "src/net/loop.h"
#include "src/server.h"

struct inward {
    struct loop *loop;
    struct server *server; /* set before the first event */
};

struct net_events
inward_net_events(struct inward *inward);

struct lane_events
inward_lane_events(struct inward *inward);

#endif

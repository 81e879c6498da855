#include "src/sip/target.h"

#include "parser/name_addr.h"
#include "parser/params.h"

struct slice
target_uri(struct slice text)
{
    struct uri uri;
    const char *why;

    if (uri_parse(text, &uri, &why) != PARSE_OK || slice_is_absent(uri.headers))
        return text;
    return slice_head(text, text.len - uri.headers.len - 1);
}

struct target
target_of_binding(const struct binding *binding)
{
    return (struct target){
        .contact = binding->contact,
        .r_uri = target_uri(binding->contact),
        .route = binding->path,
        .has_flow = true,
        .flow = binding->flow,
    };
}

static enum hop_status
hop_to(struct next_hops *hops, struct slice text, struct flow *flow,
       struct hop_wait *wait)
{
    struct uri uri;
    const char *why;

    if (uri_parse(text, &uri, &why) != PARSE_OK)
        return HOP_NONE;
    return next_hop(hops, &uri, flow, wait);
}

static enum hop_status
hop_to_first(struct next_hops *hops, struct slice route, struct flow *flow,
             struct hop_wait *wait)
{
    struct name_addr first;
    struct slice element;
    const char *why;

    if (!list_next(&route, &element) ||
        name_addr_parse(element, &first, &why) != PARSE_OK)
        return HOP_NONE;
    return next_hop(hops, &first.uri, flow, wait);
}

/* A flow of a binding that was saved may name a listener of another configuration. */
static bool
is_usable(const struct next_hops *hops, const struct flow *flow)
{
    const struct transport *transport = hops->transport;
    const struct settings *settings = hops->settings;

    if (flow->listener >= settings->listen_count ||
        settings->listen[flow->listener].protocol != flow->protocol)
        return false;
    return !protocol_is_reliable(flow->protocol) ||
           (flow->connection != 0 &&
            transport->is_open(transport->self, flow->connection));
}

enum hop_status
target_locate(struct next_hops *hops, const struct target *target, struct flow *flow,
              struct hop_wait *wait)
{
    if (target->route.len > 0)
        return hop_to_first(hops, target->route, flow, wait);
    if (target->has_flow && is_usable(hops, &target->flow)) {
        *flow = target->flow;
        return HOP_FOUND;
    }
    return hop_to(hops, target->has_flow ? target->contact : target->r_uri, flow, wait);
}

void
target_prefer_stream(const struct next_hops *hops, size_t bytes, struct flow *flow)
{
    const struct transport *transport = hops->transport;

    if (bytes > DATAGRAM_SAFE_MAX && !protocol_is_reliable(flow->protocol))
        transport->find_stream(transport->self, &flow->peer, flow);
}

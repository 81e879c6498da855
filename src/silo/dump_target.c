#include "src/silo/dump_target.h"

#include "parser/name_addr.h"
#include "parser/params.h"

static bool
is_usable(const struct silo *silo, const struct binding *binding)
{
    bool anybody = silo->settings->auth_register == AUTH_NONE ||
                   silo->settings->auth_register == AUTH_UNSET;

    return binding->takes_message && (binding->is_verified || anybody);
}

const struct binding *
dump_binding(const struct silo *silo, struct slice aor, struct slice contact)
{
    const struct binding *best = NULL;

    for (const struct binding *b = location_find(silo->location, aor); b; b = b->next) {
        if (!is_usable(silo, b))
            continue;
        if (slice_equal(b->contact, contact))
            return b;
        if (best == NULL)
            best = b;
    }
    return best;
}

static enum hop_status
hop_to(struct silo *silo, struct slice text, struct flow *flow, struct hop_wait *wait)
{
    struct uri uri;
    const char *why;

    if (uri_parse(text, &uri, &why) != PARSE_OK)
        return HOP_NONE;
    return next_hop(silo->hops, &uri, flow, wait);
}

/* RFC 3327 5.4: the Path is the route set of requests to this contact; its first URI is
 * where they go. */
static enum hop_status
hop_to_path(struct silo *silo, struct slice path, struct flow *flow,
            struct hop_wait *wait)
{
    struct name_addr first;
    struct slice element;
    const char *why;

    if (!list_next(&path, &element) || name_addr_parse(element, &first, &why) != PARSE_OK)
        return HOP_NONE;
    return next_hop(silo->hops, &first.uri, flow, wait);
}

/* A flow of a binding that was saved may name a listener of another configuration. */
static bool
is_flow_usable(const struct silo *silo, const struct flow *flow)
{
    const struct transport *transport = silo->responder->transport;
    const struct settings *settings = silo->settings;

    if (flow->listener >= settings->listen_count ||
        settings->listen[flow->listener].protocol != flow->protocol)
        return false;
    return !protocol_is_reliable(flow->protocol) ||
           (flow->connection != 0 &&
            transport->is_open(transport->self, flow->connection));
}

enum hop_status
dump_flow(struct silo *silo, const struct binding *binding, struct flow *flow,
          struct hop_wait *wait)
{
    if (!slice_is_absent(silo->settings->outbound_proxy))
        return hop_to(silo, silo->settings->outbound_proxy, flow, wait);
    if (binding->path.len > 0)
        return hop_to_path(silo, binding->path, flow, wait);
    if (is_flow_usable(silo, &binding->flow)) {
        *flow = binding->flow;
        return HOP_FOUND;
    }
    return hop_to(silo, binding->contact, flow, wait);
}

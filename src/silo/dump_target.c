#include "src/silo/dump_target.h"

#include "src/sip/target.h"

bool
binding_is_usable(const struct silo *silo, const struct binding *binding)
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
        if (!binding_is_usable(silo, b))
            continue;
        if (slice_equal(b->contact, contact))
            return b;
        if (best == NULL)
            best = b;
    }
    return best;
}

enum hop_status
dump_flow(struct silo *silo, const struct binding *binding, struct flow *flow,
          struct hop_wait *wait)
{
    struct target target = target_of_binding(binding);

    if (!slice_is_absent(silo->settings->outbound_proxy))
        target = (struct target){ .r_uri = silo->settings->outbound_proxy };
    return target_locate(silo->hops, &target, flow, wait);
}

#include "src/settings.h"

#include <inttypes.h>
#include <stdio.h>

/* The first listener that strangers can reach; NULL: there is none. */
static const struct listener *
open_listener(const struct settings *settings)
{
    for (uint32_t i = 0; i < settings->listen_count; i++)
        if (!address_is_loopback(&settings->listen[i].address))
            return &settings->listen[i];
    return NULL;
}

static bool
auth_is_chosen(const struct settings *settings, enum auth_policy policy, const char *key,
               char why[SETTINGS_WHY])
{
    const struct listener *listener = open_listener(settings);
    struct slice protocol;

    if (policy != AUTH_UNSET || listener == NULL)
        return true;
    protocol = protocol_name(listener->protocol);
    snprintf(why, SETTINGS_WHY,
             "%s: must be written down, since core.listen has %.*s:%.*s:%u, which is not"
             " on loopback: trusted (core.trusted alone) or none (everybody may)",
             key, SLICE_ARG(protocol), SLICE_ARG(listener->host),
             (unsigned)listener->address.port);
    return false;
}

/* default_expires may lie above max_expires: it is shortened as any other wish is. Below
 * min_expires it would make every REGISTER that says nothing a 423. */
static bool
expiries_are_in_order(const struct settings *settings, char why[SETTINGS_WHY])
{
    const char *key = "registrar.max_expires";
    uint32_t value = settings->max_expires_s;

    if (value >= settings->min_expires_s) {
        key = "registrar.default_expires";
        value = settings->default_expires_s;
    }
    if (value >= settings->min_expires_s)
        return true;
    snprintf(why, SETTINGS_WHY,
             "%s: '%" PRIu32 "' is below registrar.min_expires %" PRIu32, key, value,
             settings->min_expires_s);
    return false;
}

bool
settings_check(const struct settings *settings, char why[SETTINGS_WHY])
{
    return expiries_are_in_order(settings, why) &&
           auth_is_chosen(settings, settings->auth_register, "auth.register", why) &&
           auth_is_chosen(settings, settings->auth_message, "auth.message", why);
}

#include "src/sip/domains.h"

enum {
    DEFAULT_PORT = 5060, /* RFC 3261 19.1.2 */
    SENT_BY_MAX = 512,
};

void
domains_init(struct domains *domains, const struct settings *settings)
{
    domains->settings = settings;
    for (uint32_t i = 0; i < settings->listen_count; i++)
        domains->ports[i] = settings->listen[i].address.port;
}

static bool
is_alias(const struct settings *settings, struct slice host)
{
    if (host.len > 1 && host.at[host.len - 1] == '.')
        host.len--;
    for (uint32_t i = 0; i < settings->alias_count; i++)
        if (slice_equal_nocase(settings->alias[i], host))
            return true;
    return false;
}

bool
domains_has(const struct domains *domains, const struct uri *uri)
{
    const struct settings *settings = domains->settings;
    struct address address;

    if (is_alias(settings, uri->host))
        return true;
    if (!address_parse(uri->host, uri->port, &address))
        return false;
    for (uint32_t i = 0; i < settings->listen_count; i++)
        if (address_same_ip(&address, &settings->listen[i].address) &&
            (uri->port == 0 || uri->port == domains->ports[i]))
            return true;
    return false;
}

size_t
domains_aor(const struct domains *domains, const struct uri *uri, char out[AOR_MAX])
{
    if (uri->scheme != URI_SIP && uri->scheme != URI_SIPS)
        return 0;
    if (!domains_has(domains, uri))
        return 0;
    return uri_canonical_aor(uri, out, AOR_MAX);
}

static bool
is_wildcard(const struct address *address)
{
    static const uint8_t any6[16], any4[16] = { [10] = 0xff, [11] = 0xff };

    return memcmp(address->ip, any6, 16) == 0 || memcmp(address->ip, any4, 16) == 0;
}

struct slice
domains_sent_by(const struct domains *domains, const struct flow *flow, char *out,
                size_t room)
{
    const struct settings *settings = domains->settings;
    struct address local = settings->listen[flow->listener].address;
    char text[ADDRESS_TEXT];
    struct writer w;

    local.port = domains->ports[flow->listener];
    writer_init(&w, out, room);
    if (is_wildcard(&local) && settings->alias_count > 0) {
        writer_bytes(&w, settings->alias[0]);
        if (local.port != DEFAULT_PORT) {
            writer_bytes(&w, SLICE(":"));
            writer_number(&w, local.port);
        }
    } else {
        writer_bytes(&w, address_print(&local, text));
    }
    return writer_done(&w);
}

void
domains_write_via(struct writer *w, const struct domains *domains,
                  const struct flow *flow, struct slice branch)
{
    char sent_by[SENT_BY_MAX];

    writer_bytes(w, SLICE("Via: SIP/2.0/"));
    writer_bytes(w, protocol_via_name(flow->protocol));
    writer_bytes(w, SLICE(" "));
    writer_bytes(w, domains_sent_by(domains, flow, sent_by, sizeof sent_by));
    writer_bytes(w, SLICE(";branch="));
    writer_bytes(w, branch);
    if (!protocol_is_reliable(flow->protocol))
        writer_bytes(w, SLICE(";rport"));
    writer_bytes(w, SLICE("\r\n"));
}

#include "src/setting.h"

static const struct protocol_word {
    struct slice word;
    enum protocol protocol;
    bool is_missing;
} protocols[] = {
    { SLICE_INIT("udp"), PROTOCOL_UDP, false },
    { SLICE_INIT("tcp"), PROTOCOL_TCP, false },
    { SLICE_INIT("tls"), PROTOCOL_TCP, true },
    { SLICE_INIT("ws"), PROTOCOL_TCP, true },
    { SLICE_INIT("wss"), PROTOCOL_TCP, true },
};

static bool
parse_protocol(struct assignment *a, struct slice element, struct slice word,
               enum protocol *out)
{
    for (size_t i = 0; i < sizeof protocols / sizeof protocols[0]; i++) {
        if (!slice_equal_nocase(protocols[i].word, word))
            continue;
        *out = protocols[i].protocol;
        return !protocols[i].is_missing ||
               setting_refuse(a, element, "is not available in this version: udp or tcp");
    }
    return setting_refuse(a, element, "is not udp:HOST:PORT or tcp:HOST:PORT");
}

/* HOST:PORT, where the HOST of IPv6 is in brackets. */
static bool
split_port(struct slice text, struct slice *host, uint32_t *port)
{
    size_t i = text.len;
    struct slice digits;

    while (i > 0 && text.at[i - 1] != ':')
        i--;
    if (i < 2)
        return false;
    *host = slice_head(text, i - 1);
    *port = 0;
    for (digits = slice_skip(text, i); digits.len > 0; digits = slice_skip(digits, 1)) {
        if (digits.at[0] < '0' || digits.at[0] > '9' || *port > UINT16_MAX)
            return false;
        *port = *port * 10 + (uint32_t)(digits.at[0] - '0');
    }
    return i < text.len && *port <= UINT16_MAX &&
           (host->at[0] == '[') == (slice_find(*host, ':') < host->len);
}

/* Names are not looked up: what a listener is bound to must not depend on a name server. */
static bool
parse_host(struct slice host, uint16_t port, struct address *out)
{
    if (slice_equal_nocase(host, SLICE("localhost")))
        host = SLICE("127.0.0.1");
    return address_parse(host, port, out);
}

static bool
take_listener(struct assignment *a, void *list, uint32_t index, struct slice element)
{
    struct listener *listeners = list, *listener = &listeners[index];
    struct slice word, where, host;
    uint32_t port;

    if (!slice_cut(element, ':', &word, &where))
        return setting_refuse(a, element, "is not udp:HOST:PORT or tcp:HOST:PORT");
    if (!parse_protocol(a, element, word, &listener->protocol))
        return false;
    if (!split_port(where, &host, &port))
        return setting_refuse(a, element,
                              "has no HOST:PORT, IPv6 in brackets, port to 65535");
    if (!parse_host(host, (uint16_t)port, &listener->address))
        return setting_refuse(a, element,
                              "has no IP address: names but localhost are not"
                              " looked up");
    for (uint32_t i = 0; i < index; i++)
        if (port != 0 && listeners[i].protocol == listener->protocol &&
            address_equal(&listeners[i].address, &listener->address))
            return setting_refuse(a, element, "is there twice");
    listener->host = settings_keep(a->settings, host);
    return !slice_is_absent(listener->host) || setting_refuse(a, host, "out of memory");
}

static bool
read_listeners(struct assignment *a, struct slice value)
{
    struct listener list[LIMIT_LISTENERS];
    uint32_t count;

    if (!setting_read_list(a, value, list, take_listener, &count))
        return false;
    memcpy(a->settings->listen, list, count * sizeof list[0]);
    a->settings->listen_count = count;
    return true;
}

static bool
print_listeners(const struct settings *settings, const struct setting *setting,
                struct setting_text *out)
{
    (void)setting;
    for (uint32_t i = 0; i < settings->listen_count; i++) {
        setting_text_separate(out, i);
        setting_text_add(out, protocol_name(settings->listen[i].protocol));
        setting_text_add(out, SLICE(":"));
        setting_text_add(out, settings->listen[i].host);
        setting_text_add(out, SLICE(":"));
        setting_text_number(out, settings->listen[i].address.port);
    }
    return true;
}

const struct setting_kind kind_listeners = { read_listeners, print_listeners };

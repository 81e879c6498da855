#include "src/sip/address.h"

#include "parser/params.h"
#include "parser/writer.h"

#include <arpa/inet.h>

enum {
    IPV4_AT = 12, /* where the IPv4 address lies in its mapped form */
    IPV4_BITS = 32,
    IPV6_BITS = 128,
};

static const uint8_t ipv4_mapped[IPV4_AT] = { [10] = 0xff, [11] = 0xff };

static bool
ip_is_ipv4(const uint8_t ip[16])
{
    return memcmp(ip, ipv4_mapped, IPV4_AT) == 0;
}

bool
address_is_ipv4(const struct address *address)
{
    return ip_is_ipv4(address->ip);
}

/* All of 127/8 loops back (RFC 1122 3.2.1.3), of IPv6 ::1 alone (RFC 4291 2.5.3). */
bool
address_is_loopback(const struct address *address)
{
    static const uint8_t ipv6_loopback[16] = { [15] = 1 };

    if (address_is_ipv4(address))
        return address->ip[IPV4_AT] == 127;
    return memcmp(address->ip, ipv6_loopback, sizeof ipv6_loopback) == 0;
}

bool
address_same_ip(const struct address *a, const struct address *b)
{
    return memcmp(a->ip, b->ip, sizeof a->ip) == 0;
}

bool
address_equal(const struct address *a, const struct address *b)
{
    return a->port == b->port && address_same_ip(a, b);
}

uint64_t
address_hash(const struct hash_key *key, const struct address *address)
{
    char bytes[sizeof address->ip + 2];

    memcpy(bytes, address->ip, sizeof address->ip);
    bytes[sizeof address->ip] = (char)(address->port >> 8);
    bytes[sizeof address->ip + 1] = (char)(address->port & 0xff);
    return tablehash64(key, slice_of(bytes, sizeof bytes));
}

/* inet_pton takes neither octal nor short forms, and no zone: what RFC 3261 25.1 allows. */
static bool
ip_parse(struct slice host, bool allow_ipv4, uint8_t out[16])
{
    char text[INET6_ADDRSTRLEN];
    uint8_t ip[16];

    if (host.len == 0 || host.len >= sizeof text || slice_find(host, '\0') < host.len)
        return false;
    memcpy(text, host.at, host.len);
    text[host.len] = '\0';
    memcpy(ip, ipv4_mapped, IPV4_AT);
    if (!(allow_ipv4 && inet_pton(AF_INET, text, ip + IPV4_AT) == 1) &&
        inet_pton(AF_INET6, text, ip) != 1)
        return false;
    memcpy(out, ip, sizeof ip);
    return true;
}

/* Brackets hold IPv6 alone (RFC 3261 25.1, IPv6reference). */
static bool
host_parse(struct slice host, uint8_t out[16])
{
    if (host.len >= 2 && host.at[0] == '[' && host.at[host.len - 1] == ']')
        return ip_parse(slice_of(host.at + 1, host.len - 2), false, out);
    return ip_parse(host, true, out);
}

bool
address_parse(struct slice host, uint16_t port, struct address *out)
{
    if (!host_parse(host, out->ip))
        return false;
    out->port = port;
    return true;
}

/* By hand: inet_ntop goes through printf, and every response prints one. */
static size_t
print_ipv4(const uint8_t ip[4], char out[ADDRESS_TEXT])
{
    size_t len = digits_write(ip[0], out);

    for (int i = 1; i < 4; i++) {
        out[len++] = '.';
        len += digits_write(ip[i], out + len);
    }
    return len;
}

static size_t
print_ipv6(const uint8_t ip[16], char *out)
{
    return inet_ntop(AF_INET6, ip, out, INET6_ADDRSTRLEN) == NULL ? 0 : strlen(out);
}

struct slice
address_print_ip(const struct address *address, char out[ADDRESS_TEXT])
{
    if (address_is_ipv4(address))
        return slice_of(out, print_ipv4(address->ip + IPV4_AT, out));
    return slice_of(out, print_ipv6(address->ip, out));
}

struct slice
address_print(const struct address *address, char out[ADDRESS_TEXT])
{
    size_t len = 0;

    if (address->port == 0)
        return address_print_ip(address, out);
    if (address_is_ipv4(address)) {
        len = print_ipv4(address->ip + IPV4_AT, out);
    } else {
        out[len++] = '[';
        len += print_ipv6(address->ip, out + len);
        out[len++] = ']';
    }
    out[len++] = ':';
    len += digits_write(address->port, out + len);
    return slice_of(out, len);
}

bool
network_parse(struct slice text, struct network *out)
{
    struct network network;
    struct slice host, digits;
    bool has_bits = slice_cut(text, '/', &host, &digits);
    uint32_t most, bits;

    if (!host_parse(has_bits ? host : text, network.ip))
        return false;
    most = ip_is_ipv4(network.ip) ? IPV4_BITS : IPV6_BITS;
    bits = most;
    if (has_bits && (digits.len > 3 || !number_parse(digits, &bits) || bits > most))
        return false;
    network.bits = (uint8_t)(IPV6_BITS - most + bits);
    *out = network;
    return true;
}

bool
network_contains(const struct network *network, const struct address *address)
{
    size_t whole = network->bits / 8;
    unsigned rest = network->bits % 8;
    unsigned mask = 0xffu & ~(0xffu >> rest);

    if (memcmp(network->ip, address->ip, whole) != 0)
        return false;
    return rest == 0 || ((network->ip[whole] ^ address->ip[whole]) & mask) == 0;
}

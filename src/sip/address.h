/* address - IP address and port of a peer: compare, hash, print, read. */
#ifndef SIP_ADDRESS_H
#define SIP_ADDRESS_H

#include "parser/siphash.h"
#include "parser/slice.h"

#include <stdint.h>

/* IPv4 lies in the last four bytes of the IPv4-mapped IPv6 form, so one compare serves both:
 * ::ffff:192.0.2.1. A peer that comes in through a dual-stack socket is IPv4 here. */
struct address {
    uint8_t ip[16];
    uint16_t port;
};

enum {
    ADDRESS_TEXT = 56, /* room for "[ipv6]:port" and a NUL */
};

bool
address_is_ipv4(const struct address *address);

bool
address_is_loopback(const struct address *address);

bool
address_equal(const struct address *a, const struct address *b);

bool
address_same_ip(const struct address *a, const struct address *b);

uint64_t
address_hash(const struct hash_key *key, const struct address *address);

/* Reads an IP literal, IPv6 with or without brackets. False when it is a name. */
bool
address_parse(struct slice host, uint16_t port, struct address *out);

/* "192.0.2.4" or "2001:db8::1"; with a port "192.0.2.4:5060" or "[2001:db8::1]:5060". The
 * returned slice lies in `out`. */
struct slice
address_print_ip(const struct address *address, char out[ADDRESS_TEXT]);

struct slice
address_print(const struct address *address, char out[ADDRESS_TEXT]);

/* A CIDR network, "192.0.2.0/24" or a single address. */
struct network {
    uint8_t ip[16];
    uint8_t bits; /* of the 128 */
};

bool
network_parse(struct slice text, struct network *out);

bool
network_contains(const struct network *network, const struct address *address);

#endif

#include "tests/field.h"

#include "parser/scan.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

struct slice
escapes_undone(struct slice text, char out[FIELD_ROOM])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len && len < FIELD_ROOM; i++) {
        char octet = text.at[i];

        if (octet == '%' && text.len - i >= 3) {
            octet = (char)(scan_hex_digit(text.at[i + 1]) << 4 |
                           scan_hex_digit(text.at[i + 2]));
            i += 2;
        }
        out[len++] = octet;
    }
    return slice_of(out, len);
}

static struct slice
number_text(int64_t number, char out[FIELD_ROOM])
{
    return slice_of(out, (size_t)snprintf(out, FIELD_ROOM, "%lld", (long long)number));
}

/* Schemes have no case (RFC 3986 3.1), and the verdicts write them small. */
static struct slice
lowered(struct slice text, char out[FIELD_ROOM])
{
    assert_true(text.len <= FIELD_ROOM);
    for (size_t i = 0; i < text.len; i++)
        out[i] = ascii_lower(text.at[i]);
    return slice_of(out, text.len);
}

/* What stands in `uri` under that name: "user", "user.decoded", "host", ... */
static struct slice
uri_field(const struct uri *uri, struct slice name, char out[FIELD_ROOM])
{
    if (slice_equal(name, SLICE("user")))
        return uri->user;
    if (slice_equal(name, SLICE("user.decoded")))
        return escapes_undone(uri->user, out);
    if (slice_equal(name, SLICE("password")))
        return uri->password;
    if (slice_equal(name, SLICE("host")))
        return uri->host;
    if (slice_equal(name, SLICE("uri")))
        return uri->text;
    if (slice_equal(name, SLICE("params")))
        return uri->params;
    if (slice_equal(name, SLICE("headers")))
        return uri->headers;
    if (slice_equal(name, SLICE("scheme")))
        return lowered(uri->scheme_name, out);
    assert_true(slice_equal(name, SLICE("port")));
    return number_text(uri->port, out);
}

static int64_t
count_of(const struct message *m, enum header_id id)
{
    struct header_walk walk = message_walk(m, id);
    struct slice element;
    int64_t count = 0;

    while (header_walk_next(&walk, &element))
        count++;
    return count;
}

/* "0.expires" and the like. */
static struct slice
contact_field(const struct message *m, struct slice name, char out[FIELD_ROOM])
{
    struct header_walk walk = message_walk(m, HEADER_CONTACT);
    int wanted = name.at[0] - '0';
    struct slice element;
    struct contact contact;

    for (int i = 0; i <= wanted; i++)
        assert_true(header_walk_next(&walk, &element));
    assert_int_equal(contact_cut(&element, &contact), CONTACT_TAKEN);
    name = slice_skip(name, 2);
    if (slice_equal(name, SLICE("expires")))
        return number_text(contact.expires_s, out);
    if (slice_equal(name, SLICE("q")))
        return number_text(contact.q_thousandths, out);
    if (slice_equal(name, SLICE("star")))
        return number_text(contact.is_star, out);
    return uri_field(&contact.address.uri, name, out);
}

static struct slice
address_field(const struct name_addr *address, struct slice name, char out[FIELD_ROOM])
{
    if (slice_equal(name, SLICE("tag")))
        return address->tag;
    if (slice_equal(name, SLICE("display")))
        return address->display;
    return uri_field(&address->uri, name, out);
}

static struct slice
via_field(const struct message *m, struct slice name, char out[FIELD_ROOM])
{
    if (slice_equal(name, SLICE("host")))
        return m->via.host;
    if (slice_equal(name, SLICE("branch")))
        return m->via.branch;
    if (slice_equal(name, SLICE("transport")))
        return m->via.transport;
    if (slice_equal(name, SLICE("received")))
        return m->via.received;
    if (slice_equal(name, SLICE("maddr")))
        return m->via.maddr;
    if (slice_equal(name, SLICE("rport")))
        return number_text(m->via.has_rport ? m->via.rport : -1, out);
    assert_true(slice_equal(name, SLICE("port")));
    return number_text(m->via.port, out);
}

static struct slice
plain_field(const struct message *m, struct slice name, char out[FIELD_ROOM])
{
    if (slice_equal(name, SLICE("method")))
        return m->method_name;
    if (slice_equal(name, SLICE("call_id")))
        return m->call_id;
    if (slice_equal(name, SLICE("reason")))
        return m->reason;
    if (slice_equal(name, SLICE("body")))
        return m->body;
    if (slice_equal(name, SLICE("subject")))
        return message_header(m, HEADER_SUBJECT);
    if (slice_equal(name, SLICE("lines")))
        return number_text(m->lines, out);
    if (slice_equal(name, SLICE("routes")))
        return number_text(count_of(m, HEADER_ROUTE), out);
    if (slice_equal(name, SLICE("expires")))
        return message_header(m, HEADER_EXPIRES);
    if (slice_equal(name, SLICE("cseq")))
        return number_text(m->cseq, out);
    if (slice_equal(name, SLICE("max_forwards")))
        return number_text(m->max_forwards, out);
    if (slice_equal(name, SLICE("status")))
        return number_text(m->status, out);
    if (slice_equal(name, SLICE("body_len")))
        return number_text((int64_t)m->body.len, out);
    if (slice_equal(name, SLICE("via_count")))
        return number_text(count_of(m, HEADER_VIA), out);
    assert_true(slice_equal(name, SLICE("contacts")));
    return number_text(count_of(m, HEADER_CONTACT), out);
}

struct slice
message_field(const struct message *m, struct slice name, char out[FIELD_ROOM])
{
    struct slice part, rest;

    if (!slice_cut(name, '.', &part, &rest))
        return plain_field(m, name, out);
    if (slice_equal(part, SLICE("from")))
        return address_field(&m->from, rest, out);
    if (slice_equal(part, SLICE("to")))
        return address_field(&m->to, rest, out);
    if (slice_equal(part, SLICE("via")))
        return via_field(m, rest, out);
    if (slice_equal(part, SLICE("contact")))
        return contact_field(m, rest, out);
    assert_true(slice_equal(part, SLICE("ruri")));
    return uri_field(&m->target, rest, out);
}

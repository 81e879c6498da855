#include "src/sip/location.h"
#include "tests/stage.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    LIMIT = 100,
    VALUE_ROOM = 8192,
};

struct play {
    struct stage *s;
    struct location *location;
    unsigned kept, let_go; /* what the watcher was told */
    uint64_t connection;
};

static const struct slice bob = SLICE_INIT("bob@example.org");
static const struct slice carol = SLICE_INIT("carol@example.org");

static void
keep(void *self, uint64_t connection, bool has_binding)
{
    struct play *p = self;

    p->connection = connection;
    if (has_binding)
        p->kept++;
    else
        p->let_go++;
}

static int
set_up(void **state)
{
    struct play *p = calloc(1, sizeof *p);

    p->s = stage_new();
    p->location = location_new(&p->s->wheel, &stage_key, LIMIT, SIZE_MAX);
    assert_non_null(p->location);
    location_watch_connections(p->location, p, keep);
    *state = p;
    return 0;
}

static int
tear_down(void **state)
{
    struct play *p = *state;

    location_free(p->location);
    stage_free(p->s);
    free(p);
    return 0;
}

static struct slice
text(const char *string)
{
    return slice_of(string, strlen(string));
}

static struct binding
binding(const char *contact, uint16_t q_thousandths, uint64_t expires_ms)
{
    return (struct binding){
        .contact = text(contact),
        .call_id = SLICE("c1"),
        .cseq = 1,
        .q_thousandths = q_thousandths,
        .takes_message = true,
        .flow = stage_flow(1, 0),
        .expires_ms = expires_ms,
    };
}

static bool
apply(struct play *p, struct slice aor, const struct binding_change *changes,
      size_t count)
{
    return location_apply(p->location, aor, changes, count, p->s->now);
}

static void
add(struct play *p, struct slice aor, struct binding b)
{
    const struct binding_change change = { .binding = b };

    assert_true(apply(p, aor, &change, 1));
}

/* "sip:a sip:b": the contacts of an AoR in their order. */
static void
expect_contacts(struct play *p, struct slice aor, const char *expected)
{
    char found[1024] = "";
    size_t len = 0;

    for (const struct binding *b = location_find(p->location, aor); b; b = b->next) {
        assert_true(slice_equal(b->aor, aor));
        len += (size_t)snprintf(found + len, sizeof found - len, "%s%.*s",
                                len == 0 ? "" : " ", SLICE_ARG(b->contact));
    }
    assert_string_equal(found, expected);
}

static void
bindings_of_an_aor_are_ordered_by_q_then_newest_first(void **state)
{
    struct play *p = *state;

    add(p, bob, binding("sip:a", 500, 9000));
    add(p, carol, binding("sip:other", 1000, 9000));
    add(p, bob, binding("sip:b", 1000, 9000));
    add(p, bob, binding("sip:c", 500, 9000));
    add(p, bob, binding("sip:d", 0, 9000));
    add(p, bob, binding("sip:e", 700, 9000));
    add(p, bob, binding("sip:f", 1000, 9000));

    expect_contacts(p, bob, "sip:f sip:b sip:e sip:c sip:a sip:d");
    expect_contacts(p, carol, "sip:other");
    expect_contacts(p, SLICE("dave@example.org"), "");
    assert_int_equal(location_count(p->location), 7);
}

static void
the_texts_of_a_binding_are_its_own(void **state)
{
    struct play *p = *state;
    char contact[] = "sip:bob@192.0.2.4", path[] = "<sip:p1;lr>,<sip:p2;lr>";
    char aor[] = "bob@example.org", instance[] = "<urn:uuid:1>", call_id[] = "c77";
    struct binding b = binding(contact, 1000, 9000);
    const struct binding *found;

    b.path = text(path);
    b.instance = text(instance);
    b.call_id = text(call_id);
    add(p, text(aor), b);
    aor[0] = contact[0] = path[0] = instance[0] = call_id[0] = 'X';
    found = location_find(p->location, bob);

    assert_true(slice_equal(found->aor, bob));
    assert_true(slice_equal(found->contact, SLICE("sip:bob@192.0.2.4")));
    assert_true(slice_equal(found->path, SLICE("<sip:p1;lr>,<sip:p2;lr>")));
    assert_true(slice_equal(found->instance, SLICE("<urn:uuid:1>")));
    assert_true(slice_equal(found->call_id, SLICE("c77")));
}

/* RFC 3261 10.3 step 7: each binding has its own expiry. */
static void
a_binding_leaves_when_it_expires(void **state)
{
    struct play *p = *state;

    add(p, bob, binding("sip:a", 1000, 60000));
    add(p, bob, binding("sip:b", 900, 30000));
    add(p, bob, binding("sip:c", 800, 90000));
    stage_advance(p->s, 29999);
    expect_contacts(p, bob, "sip:a sip:b sip:c");
    stage_advance(p->s, 30000);
    expect_contacts(p, bob, "sip:a sip:c");
    stage_advance(p->s, 60000);
    expect_contacts(p, bob, "sip:c");
    stage_advance(p->s, 90000);
    expect_contacts(p, bob, "");
    assert_int_equal(location_count(p->location), 0);
}

static void
a_change_replaces_removes_and_adds_at_once(void **state)
{
    struct play *p = *state;
    struct binding_change changes[3] = { { 0 } };

    add(p, bob, binding("sip:a", 1000, 9000));
    add(p, bob, binding("sip:b", 1000, 9000));
    changes[0].old = location_find(p->location, bob); /* sip:b */
    changes[0].remove = true;
    changes[1].old = changes[0].old->next;
    changes[1].binding = *changes[1].old; /* refreshed, out of its own texts */
    changes[1].binding.expires_ms = 50000;
    changes[2].binding = binding("sip:c", 900, 9000);
    assert_true(apply(p, bob, changes, 3));

    expect_contacts(p, bob, "sip:a sip:c");
    stage_advance(p->s, 49999);
    expect_contacts(p, bob, "sip:a");
    assert_int_equal(location_count(p->location), 1);
}

/* RFC 3261 10.3 step 7: all or none. */
static void
over_the_limit_nothing_changes(void **state)
{
    struct play *p = *state;
    struct binding_change changes[3] = { { 0 } };
    char contact[32];

    for (int i = 0; i < LIMIT - 1; i++) {
        snprintf(contact, sizeof contact, "sip:%d", i);
        add(p, i == 0 ? bob : carol, binding(contact, 1000, 9000));
    }
    changes[0].old = location_find(p->location, bob);
    changes[0].remove = true;
    changes[1].binding = binding("sip:x", 1000, 9000);
    changes[2].binding = binding("sip:y", 1000, 9000);
    assert_true(apply(p, bob, changes, 3));
    assert_int_equal(location_count(p->location), LIMIT);
    expect_contacts(p, bob, "sip:y sip:x");

    changes[0].old = location_find(p->location, bob);
    changes[0].remove = true;
    assert_false(apply(p, bob, changes, 3));
    expect_contacts(p, bob, "sip:y sip:x");
    assert_int_equal(location_count(p->location), LIMIT);
    changes[1].remove = true;
    changes[1].old = location_find(p->location, bob)->next;
    assert_true(apply(p, bob, changes, 2));
    expect_contacts(p, bob, "");
}

static void
too_much_text_is_refused_and_nothing_changes(void **state)
{
    struct play *p = *state;
    char *path = malloc(BINDING_TEXT_MAX);
    struct binding_change changes[2] = { { 0 } };

    memset(path, 'p', BINDING_TEXT_MAX);
    changes[0].binding = binding("sip:a", 1000, 9000);
    changes[1].binding = binding("sip:b", 1000, 9000);
    changes[1].binding.path = slice_of(path, BINDING_TEXT_MAX - 6);
    assert_false(apply(p, bob, changes, 2));
    expect_contacts(p, bob, "");
    changes[1].binding.path.len--;
    assert_true(apply(p, bob, changes, 2));
    free(path);
}

static void
the_watcher_hears_of_first_and_last_binding_of_a_connection(void **state)
{
    struct play *p = *state;
    struct binding b = binding("sip:a", 1000, 9000);
    struct binding_change change = { 0 };

    b.flow = stage_flow(1, 7);
    add(p, bob, b);
    assert_int_equal(p->kept, 1);
    assert_int_equal(p->connection, 7);
    add(p, carol, b);
    change.old = location_find(p->location, bob);
    change.binding = b;
    change.binding.expires_ms = 20000;
    assert_true(apply(p, bob, &change, 1));
    assert_int_equal(p->kept, 1);
    stage_advance(p->s, 9000);
    assert_int_equal(p->let_go, 0);
    assert_true(location_connection_has_binding(p->location, 7));
    stage_advance(p->s, 20000);
    assert_int_equal(p->let_go, 1);
    assert_int_equal(p->kept, 1);
    assert_false(location_connection_has_binding(p->location, 7));
}

static void
a_refresh_over_another_connection_lets_the_old_one_go(void **state)
{
    struct play *p = *state;
    struct binding b = binding("sip:a", 1000, 9000);
    struct binding_change change = { 0 };

    b.flow = stage_flow(1, 7);
    add(p, bob, b);
    change.old = location_find(p->location, bob);
    change.binding = b;
    change.binding.flow.connection = 8;
    assert_true(apply(p, bob, &change, 1));
    assert_int_equal(p->kept, 2);
    assert_int_equal(p->let_go, 1);
    assert_int_equal(p->connection, 7);
}

static void
bindings_outlive_their_connection(void **state)
{
    struct play *p = *state;
    struct binding b = binding("sip:a", 1000, 9000);

    b.flow = stage_flow(1, 7);
    add(p, bob, b);
    add(p, carol, b);
    b.flow = stage_flow(1, 8);
    add(p, carol, b);
    location_connection_closed(p->location, 7);
    location_connection_closed(p->location, 9);
    location_connection_closed(p->location, 0);

    assert_int_equal(location_find(p->location, bob)->flow.connection, 0);
    assert_int_equal(location_find(p->location, bob)->flow.protocol, PROTOCOL_TCP);
    assert_int_equal(location_find(p->location, carol)->flow.connection, 8);
    assert_int_equal(location_find(p->location, carol)->next->flow.connection, 0);
    assert_false(location_connection_has_binding(p->location, 7));
    assert_int_equal(p->let_go, 0);
    stage_advance(p->s, 9000);
    assert_int_equal(location_count(p->location), 0);
    assert_int_equal(p->let_go, 1);
}

static const struct binding *
found(const struct play *p, const char *uri_text)
{
    struct uri uri;
    const char *why;

    assert_int_equal(uri_parse(text(uri_text), &uri, &why), PARSE_OK);
    return location_find_contact(p->location, &uri, bob);
}

/* RFC 3261 12.2.1.1: a request within a dialog has the contact as its Request-URI. */
static void
a_binding_is_found_by_user_host_and_port_of_its_contact(void **state)
{
    struct play *p = *state;

    add(p, bob, binding("sip:bob@Host.example:5072;transport=tcp", 1000, 60000));
    assert_non_null(found(p, "sip:bob@host.EXAMPLE:5072"));
    assert_true(slice_equal(found(p, "sip:bob@host.example:5072;x=y")->aor, bob));
    assert_null(found(p, "sip:Bob@host.example:5072"));
    assert_null(found(p, "sip:bob@host.example"));
    assert_null(found(p, "sip:bob@host.example.org:5072"));
    stage_advance(p->s, 60000);
    assert_null(found(p, "sip:bob@host.example:5072"));
}

static void
a_contact_that_refused_message_is_known_for_it(void **state)
{
    struct play *p = *state;

    add(p, bob, binding("sip:bob@a", 1000, 60000));
    add(p, bob, binding("sip:bob@b", 1000, 60000));
    assert_false(location_refuse_message(p->location, bob, text("sip:bob@c")));
    assert_false(location_refuse_message(p->location, carol, text("sip:bob@a")));
    assert_true(location_refuse_message(p->location, bob, text("sip:bob@a")));
    assert_true(found(p, "sip:bob@b")->takes_message);
    assert_false(found(p, "sip:bob@a")->takes_message);
    assert_true(found(p, "sip:bob@a")->refused_message);
}

static void
many_aors_come_and_go(void **state)
{
    enum { MANY = 50000 };
    struct play *p = *state;
    struct location *location = location_new(&p->s->wheel, &stage_key, MANY, SIZE_MAX);
    struct binding_change change = { .binding = binding("sip:a", 1000, 9000) };
    char aor[32];

    for (int i = 0; i < MANY; i++) {
        int len = snprintf(aor, sizeof aor, "%d@example.org", i);

        change.binding.expires_ms = 1 + (uint64_t)i % 9000;
        assert_true(
            location_apply(location, slice_of(aor, (size_t)len), &change, 1, p->s->now));
    }
    assert_int_equal(location_count(location), MANY);
    assert_non_null(location_find(location, SLICE("49999@example.org")));
    stage_advance(p->s, 8999);
    assert_int_equal(location_count(location), MANY / 9000);
    location_free(location);
}

static uint64_t
draw(uint64_t *chance, uint64_t below)
{
    *chance ^= *chance << 13;
    *chance ^= *chance >> 7;
    *chance ^= *chance << 17;
    return *chance % below;
}

static struct slice
some_text(uint64_t *chance, char *room, bool may_be_absent)
{
    size_t len = draw(chance, 30);

    if (may_be_absent && draw(chance, 3) == 0)
        return slice_absent();
    for (size_t i = 0; i < len; i++)
        room[i] = (char)draw(chance, 256);
    return slice_of(room, len);
}

static void
add_some_binding(struct play *p, uint64_t *chance)
{
    char texts[4][30];
    struct binding b = {
        .contact = some_text(chance, texts[0], false),
        .path = some_text(chance, texts[1], true),
        .instance = some_text(chance, texts[2], true),
        .call_id = some_text(chance, texts[3], true),
        .cseq = (uint32_t)draw(chance, UINT32_MAX),
        .q_thousandths = (uint16_t)draw(chance, 1001),
        .takes_message = draw(chance, 2) == 0,
        .is_verified = draw(chance, 2) == 0,
        .refused_message = draw(chance, 2) == 0,
        .flow = stage_flow((uint8_t)draw(chance, 256), draw(chance, 3)),
        .expires_ms = p->s->now.ms + 1000 * (1 + draw(chance, 100000)),
    };

    b.flow.listener = (uint16_t)draw(chance, 64);
    add(p, bob, b);
}

static void
expect_same(const struct binding *a, const struct binding *b)
{
    const struct slice of_a[] = { a->contact, a->path, a->instance, a->call_id };
    const struct slice of_b[] = { b->contact, b->path, b->instance, b->call_id };

    for (size_t i = 0; i < 4; i++) {
        assert_true(slice_equal(of_a[i], of_b[i]));
        assert_int_equal(slice_is_absent(of_a[i]), slice_is_absent(of_b[i]));
    }
    assert_int_equal(a->cseq, b->cseq);
    assert_int_equal(a->q_thousandths, b->q_thousandths);
    assert_int_equal(a->takes_message, b->takes_message);
    assert_int_equal(a->is_verified, b->is_verified);
    assert_int_equal(a->refused_message, b->refused_message);
    assert_int_equal(a->flow.protocol, b->flow.protocol);
    assert_int_equal(a->flow.listener, b->flow.listener);
    assert_true(address_equal(&a->flow.peer, &b->flow.peer));
    assert_int_equal(b->flow.connection, 0);
    assert_int_equal(a->expires_ms, b->expires_ms);
}

static struct slice
encode(struct play *p, char *out)
{
    size_t len = location_encode(p->location, bob, p->s->now, out, VALUE_ROOM);

    assert_in_range(len, 1, VALUE_ROOM);
    return slice_of(out, len);
}

static void
what_is_saved_comes_back_the_same(void **state)
{
    struct play *p = *state;
    uint64_t chance = 4711;
    char *value = malloc(VALUE_ROOM);

    for (int round = 0; round < 200; round++) {
        struct location *back = location_new(&p->s->wheel, &stage_key, LIMIT, SIZE_MAX);
        const struct binding *a, *b;

        location_free(p->location);
        p->location = location_new(&p->s->wheel, &stage_key, LIMIT, SIZE_MAX);
        for (uint64_t i = draw(&chance, 9); i < 9; i++)
            add_some_binding(p, &chance);
        assert_true(location_decode(back, bob, encode(p, value), p->s->now));
        a = location_find(p->location, bob);
        b = location_find(back, bob);
        for (; a != NULL; a = a->next, b = b->next) {
            assert_non_null(b);
            expect_same(a, b);
        }
        assert_null(b);
        location_free(back);
    }
    free(value);
}

/* The monotonic clock starts anew with the process; UTC goes on. */
static void
what_expired_while_saved_is_dropped(void **state)
{
    struct play *p = *state;
    struct location *back = location_new(&p->s->wheel, &stage_key, LIMIT, SIZE_MAX);
    struct moment later = { .ms = 5, .s = p->s->now.s + 60 };
    char value[VALUE_ROOM];

    add(p, bob, binding("sip:a", 1000, 60000));
    add(p, bob, binding("sip:b", 1000, 60001));
    add(p, bob, binding("sip:c", 1000, 100000));
    assert_true(location_decode(back, bob, encode(p, value), later));
    assert_int_equal(location_count(back), 2);
    assert_true(slice_equal(location_find(back, bob)->contact, SLICE("sip:c")));
    assert_int_equal(location_find(back, bob)->expires_ms, 5 + 40000);
    location_free(back);
}

static void
nothing_to_save_and_too_little_room_give_nothing(void **state)
{
    struct play *p = *state;
    char value[VALUE_ROOM];
    size_t len;

    assert_int_equal(location_encode(p->location, bob, p->s->now, value, VALUE_ROOM), 0);
    assert_int_equal(location_encoded_bytes(p->location, bob), 0);
    add(p, bob, binding("sip:a", 1000, 9000));
    len = encode(p, value).len;
    assert_int_equal(location_encoded_bytes(p->location, bob), len);
    assert_int_equal(location_encode(p->location, bob, p->s->now, value, len - 1), 0);
    assert_int_equal(location_encode(p->location, bob, p->s->now, NULL, 0), 0);
    assert_int_equal(location_encode(p->location, bob, p->s->now, value, len), len);
}

static bool
decodes(struct play *p, struct slice value)
{
    struct location *back = location_new(&p->s->wheel, &stage_key, LIMIT, SIZE_MAX);
    char *exact = malloc(value.len == 0 ? 1 : value.len);
    bool ok;

    memcpy(exact, value.at, value.len);
    ok = location_decode(back, bob, slice_of(exact, value.len), p->s->now);
    if (!ok)
        assert_int_equal(location_count(back), 0);
    location_free(back);
    free(exact);
    return ok;
}

static void
a_damaged_value_is_refused(void **state)
{
    struct play *p = *state;
    uint64_t chance = 17;
    char value[VALUE_ROOM];
    struct slice whole;

    for (int i = 0; i < 3; i++)
        add_some_binding(p, &chance);
    whole = encode(p, value);
    assert_true(decodes(p, whole));
    for (size_t len = 0; len < whole.len; len++)
        assert_false(decodes(p, slice_head(whole, len)));
    for (size_t i = 0; i < whole.len * 8; i++) {
        value[i / 8] = (char)(value[i / 8] ^ 1 << i % 8);
        assert_false(decodes(p, whole));
        value[i / 8] = (char)(value[i / 8] ^ 1 << i % 8);
    }
    value[whole.len] = 0;
    assert_false(decodes(p, slice_of(value, whole.len + 1)));
}

/* What a checksum cannot tell: the lengths inside are judged all the same. */
static bool
decodes_with_its_checksum(struct play *p, char *value, size_t len)
{
    const struct hash_key key = { "sipsilo location" };
    uint64_t sum = siphash64(&key, slice_of(value + 9, len - 9));

    for (int i = 0; i < 8; i++)
        value[1 + i] = (char)(sum >> (8 * i) & 0xff);
    return decodes(p, slice_of(value, len));
}

static void
a_value_that_lies_about_its_lengths_is_not_read_beyond_its_end(void **state)
{
    struct play *p = *state;
    uint64_t chance = 17;
    char value[VALUE_ROOM];
    struct slice whole;
    int decoded = 0;

    for (int i = 0; i < 3; i++)
        add_some_binding(p, &chance);
    whole = encode(p, value);
    for (size_t len = 9; len < whole.len; len++)
        decoded += decodes_with_its_checksum(p, value, len);
    assert_int_equal(decoded, 3); /* behind none, one and two whole bindings */
    for (int i = 0; i < 5000; i++) {
        char *lie = &value[9 + draw(&chance, whole.len - 9)];
        char was = *lie;

        *lie = (char)draw(&chance, 256);
        decodes_with_its_checksum(p, value, whole.len);
        *lie = was;
    }
}

/* A binding of "sip:x" takes 22 octets: the AoR, the contact and "c1". */
static void
over_the_octets_of_texts_nothing_changes(void **state)
{
    enum { OCTETS = 22 };
    struct play *p = *state;
    struct binding_change change = { .binding = binding("sip:x", 1000, 9000) };

    location_free(p->location);
    p->location = location_new(&p->s->wheel, &stage_key, LIMIT, 2 * OCTETS + 1);
    add(p, bob, binding("sip:a", 1000, 9000));
    add(p, bob, binding("sip:b", 1000, 9000));
    assert_false(apply(p, bob, &change, 1));
    expect_contacts(p, bob, "sip:b sip:a");
    change.old = location_find(p->location, bob);
    change.binding.contact = text("sip:xy");
    assert_true(apply(p, bob, &change, 1));
    change.old = location_find(p->location, bob);
    change.binding.contact = text("sip:xyz");
    assert_false(apply(p, bob, &change, 1));
    expect_contacts(p, bob, "sip:xy sip:a");
    change.remove = true;
    assert_true(apply(p, bob, &change, 1));
    add(p, bob, binding("sip:xy", 1000, 9000));
    stage_advance(p->s, 9000);
    assert_int_equal(location_count(p->location), 0);
    add(p, bob, binding("sip:a", 1000, 19000));
    add(p, bob, binding("sip:bc", 1000, 19000));
}

static void
a_value_that_does_not_fit_adds_nothing(void **state)
{
    struct play *p = *state;
    struct location *small = location_new(&p->s->wheel, &stage_key, 1, SIZE_MAX);
    char value[VALUE_ROOM];

    add(p, bob, binding("sip:a", 1000, 9000));
    add(p, bob, binding("sip:b", 1000, 9000));
    assert_false(location_decode(small, bob, encode(p, value), p->s->now));
    assert_int_equal(location_count(small), 0);
    location_free(small);
}

/* Others have taken the place meanwhile; but it was his, and he is promised it. */
static void
what_is_put_back_needs_no_room(void **state)
{
    struct play *p = *state;
    struct binding_change removal = { .remove = true };
    char value[VALUE_ROOM];
    struct slice before;

    location_free(p->location);
    p->location = location_new(&p->s->wheel, &stage_key, 1, 50);
    add(p, bob, binding("sip:a", 1000, 9000));
    before = encode(p, value);
    removal.old = location_find(p->location, bob);
    assert_true(apply(p, bob, &removal, 1));
    add(p, carol, binding("sip:c", 1000, 9000));
    location_restore(p->location, bob, before, p->s->now);
    expect_contacts(p, bob, "sip:a");
    expect_contacts(p, carol, "sip:c");
}

static void
an_aor_is_overdue_until_it_is_served_or_its_last_binding_ends(void **state)
{
    struct play *p = *state;

    location_set_overdue(p->location, bob, true);
    assert_false(location_is_overdue(p->location, bob));
    add(p, carol, binding("sip:c", 1000, 9000));
    add(p, bob, binding("sip:a", 1000, 2000));
    add(p, bob, binding("sip:b", 500, 3000));
    location_set_overdue(p->location, bob, true);
    location_set_overdue(p->location, bob, true);
    location_set_overdue(p->location, carol, true);

    location_set_overdue(p->location, carol, false);
    assert_false(location_is_overdue(p->location, carol));
    stage_advance(p->s, 2500);
    assert_true(location_is_overdue(p->location, bob));
    assert_true(slice_equal(location_any_overdue(p->location), bob));
    stage_advance(p->s, 3500);
    assert_false(location_is_overdue(p->location, bob));
    assert_true(slice_is_absent(location_any_overdue(p->location)));
}

#define PLAY(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PLAY(bindings_of_an_aor_are_ordered_by_q_then_newest_first),
        PLAY(the_texts_of_a_binding_are_its_own),
        PLAY(a_binding_leaves_when_it_expires),
        PLAY(a_change_replaces_removes_and_adds_at_once),
        PLAY(over_the_limit_nothing_changes),
        PLAY(over_the_octets_of_texts_nothing_changes),
        PLAY(too_much_text_is_refused_and_nothing_changes),
        PLAY(the_watcher_hears_of_first_and_last_binding_of_a_connection),
        PLAY(a_refresh_over_another_connection_lets_the_old_one_go),
        PLAY(bindings_outlive_their_connection),
        PLAY(a_binding_is_found_by_user_host_and_port_of_its_contact),
        PLAY(what_is_put_back_needs_no_room),
        PLAY(an_aor_is_overdue_until_it_is_served_or_its_last_binding_ends),
        PLAY(a_contact_that_refused_message_is_known_for_it),
        PLAY(many_aors_come_and_go),
        PLAY(what_is_saved_comes_back_the_same),
        PLAY(what_expired_while_saved_is_dropped),
        PLAY(nothing_to_save_and_too_little_room_give_nothing),
        PLAY(a_damaged_value_is_refused),
        PLAY(a_value_that_lies_about_its_lengths_is_not_read_beyond_its_end),
        PLAY(a_value_that_does_not_fit_adds_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

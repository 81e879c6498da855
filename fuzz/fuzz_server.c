/* The whole server in the simulated world of the tests. The input is a script: phones,
 * network, disk and clock do what it says, strangers send what it holds, and the oracle
 * looks on.
 *
 * Each step is a letter and the octets that it asks for; other octets between steps are
 * skipped. The first octet chooses settings, and whether there are strangers:
 *
 *     sSUB       sender S sends user U a message of B octets
 *     rPE xP     phone P registers, removes its binding
 *     dP wP bP   phone P dies, wakes, breaks its connection
 *     aPK        phone P answers as K says
 *     k o t      the server dies, dies for a while, is stopped
 *     fK nK      disk, network behave as K says
 *     jK .K      the clock jumps, time goes on
 *     uST~ cST~  stranger S sends the text T as a datagram, in a stream
 *     mSKXXDT~   stranger S sends message K of its own, with D octets at XX replaced by T
 */
#include "tests/oracle.h"

#include "fuzz/fuzz.h"
#include "fuzz/stranger.h"
#include "tests/peer_text.h"

enum {
    USERS = 2,
    PHONES = 3,
    SENDERS = 2,
    STRANGERS = 2,
    STEPS_MAX = 128,
    LONG_REQUEST = 1024, /* a phone answers no stranger's request that is longer */
    BODY_FACTOR = 5,
    AFTER_STORM_MS = 40000, /* what was under way ends: timer F and some */
    ROUND_MS = 70000,       /* a round of registering, and all dumps that it starts */
};

enum option {
    OPTION_STRANGERS = 1,
    OPTION_SAVED = 2,
    OPTION_NOTICES = 4,
    OPTION_FEW = 8,
    OPTION_SHORT = 16,
    OPTION_RELAY = 32,
};

struct run {
    struct slice script;
    unsigned options;
    struct world *w;
    struct oracle oracle;
    struct phone *phones[PHONES];
    struct phone *senders[SENDERS];
    struct stranger strangers[STRANGERS];
    char text[STRANGER_TEXT];
};

static const char *const user_names[USERS] = { "alice", "bob" };

/* ---- the script ---- */

static unsigned
take(struct run *r)
{
    unsigned octet = r->script.len == 0 ? 0 : (unsigned char)r->script.at[0];

    r->script = slice_skip(r->script, 1);
    return octet;
}

/* Up to the next '~'. */
static struct slice
take_text(struct run *r)
{
    struct slice text = r->script;

    if (!slice_cut(r->script, '~', &text, &r->script))
        r->script = slice_skip(r->script, r->script.len);
    return text;
}

static struct phone *
take_phone(struct run *r)
{
    return r->phones[take(r) % PHONES];
}

static struct stranger *
take_stranger(struct run *r)
{
    return &r->strangers[take(r) % STRANGERS];
}

static void
pass_time(struct run *r, uint64_t ms)
{
    uint64_t until_ms = r->w->now.ms + ms;

    while (world_step(r->w, until_ms))
        oracle_step(&r->oracle);
    if (world_has_failed(r->w))
        fuzz_fail("a promise is broken", r->w->failure);
}

/* ---- phones ---- */

static void
step_send(struct run *r)
{
    struct phone *sender = r->senders[take(r) % SENDERS];
    const char *user = user_names[take(r) % USERS];
    unsigned octet = take(r);
    char body[256 * BODY_FACTOR];

    memset(body, (int)octet, sizeof body);
    oracle_post(&r->oracle, sender, user,
                octet % 16 == 1   ? "Expires: 0\r\n"
                : octet % 16 == 2 ? "Expires: 30\r\n"
                                  : "",
                slice_of(body, octet * BODY_FACTOR));
}

static void
step_register(struct run *r)
{
    struct phone *phone = take_phone(r);

    phone_wake(phone);
    phone_register(phone, 60 + take(r));
}

static void
step_unregister(struct run *r)
{
    phone_register(take_phone(r), 0);
}

static void
step_die(struct run *r)
{
    unsigned octet = take(r);

    phone_die(r->phones[octet % PHONES], octet / PHONES % 2 == 0);
}

static void
step_wake(struct run *r)
{
    phone_wake(take_phone(r));
}

static void
step_break(struct run *r)
{
    unsigned octet = take(r);
    struct phone *phone =
        octet % 2 == 0 ? r->phones[octet / 2 % PHONES] : r->senders[octet / 2 % SENDERS];

    peer_break(&phone->peer, octet < 128 ? 20000 : octet % 100);
}

static void
step_answer(struct run *r)
{
    static const unsigned codes[] = { 200, 200, 202, 300, 302, 400, 404,
                                      405, 408, 410, 415, 480, 486, 500,
                                      501, 503, 504, 600, 603, 604, 606 };
    struct phone *phone = take_phone(r);
    unsigned octet = take(r);

    phone->answer = (struct answer){ .status = 200 };
    if (octet % 8 == 0)
        phone->answer.is_mute = true;
    else if (octet % 8 == 1)
        phone->answer.delay_ms = octet * 60;
    else if (octet % 8 == 2)
        phone->answer.copies = 2;
    else
        phone->answer.status = codes[octet / 8 % (sizeof codes / sizeof codes[0])];
    phone->answer.is_provisional = octet % 3 == 0;
}

/* ---- the rest of the world ---- */

static void
step_kill(struct run *r)
{
    world_kill(r->w);
}

static void
start_again(void *world, struct event *event)
{
    (void)event;
    if (((struct world *)world)->server == NULL)
        world_start(world);
}

static void
step_kill_for_a_while(struct run *r)
{
    world_die(r->w);
    world_later(r->w, 3000, sizeof(struct event), start_again);
}

static void
step_stop(struct run *r)
{
    world_stop(r->w);
}

static void
step_disk(struct run *r)
{
    unsigned octet = take(r);
    uint32_t chance = octet % 2 == 0 ? 1000 : 300;

    r->w->faults = (struct disk_faults){
        .delay_ms = octet / 64 == 3 ? 800 : octet / 64,
        .full = octet % 8 == 2 || octet % 8 == 3 ? chance : 0,
        .failed = octet % 8 == 4 || octet % 8 == 5 ? chance : 0,
        .lied = octet % 8 == 6 ? chance : 0,
        .early = octet % 64 > 31 ? 500 : 0,
        .read_failed = octet % 16 > 7 ? 300 : 0,
        .tidy_failed = octet % 32 > 15 ? 300 : 0,
    };
}

static void
step_network(struct run *r)
{
    static const uint32_t jitters_ms[] = { 0, 5, 100, 1500 };
    unsigned octet = take(r);
    const struct link link = {
        .delay_ms = 1,
        .jitter_ms = jitters_ms[octet % 4],
        .loss = octet / 4 % 4 * 100,
        .duplicate = octet / 16 % 4 * 100,
        .cut = octet / 64 * 300,
    };

    for (struct phone *phone = r->w->phones; phone != NULL; phone = phone->next)
        phone->peer.link = link;
}

static void
step_jump(struct run *r)
{
    static const int64_t jumps_s[] = { 1, -1, 60, -60, 3600, -3600, 86400, -86400 };

    world_jump(r->w, jumps_s[take(r) % 8]);
}

static void
step_time(struct run *r)
{
    static const uint64_t lengths_ms[] = { 0,    1,    10,   100,   500,   1000,
                                           2000, 4000, 8000, 16000, 32000, 64000 };

    pass_time(r, lengths_ms[take(r) % (sizeof lengths_ms / sizeof lengths_ms[0])]);
}

/* ---- strangers ---- */

static void
stranger_speaks(const struct run *r, struct stranger *stranger, enum protocol protocol,
                struct slice text)
{
    if ((r->options & OPTION_STRANGERS) != 0)
        stranger_send(stranger, protocol, text);
}

static void
step_datagram(struct run *r)
{
    struct stranger *stranger = take_stranger(r);

    stranger_speaks(r, stranger, PROTOCOL_UDP, take_text(r));
}

static void
step_stream(struct run *r)
{
    struct stranger *stranger = take_stranger(r);

    stranger_speaks(r, stranger, PROTOCOL_TCP, take_text(r));
}

/* What is written with an edit: `cut` octets at some place become others. */
static void
step_message(struct run *r)
{
    struct stranger *stranger = take_stranger(r);
    unsigned kind = take(r), at = take(r) << 8;
    enum protocol protocol = kind < 128 ? PROTOCOL_UDP : PROTOCOL_TCP;
    size_t len = stranger_write(stranger, kind, protocol, r->text), cut;
    struct slice added, rest;

    at = (at | take(r)) % (unsigned)(len + 1);
    cut = take(r);
    added = take_text(r);
    rest = slice_skip(slice_of(r->text, len), at + cut);
    if (added.len > STRANGER_TEXT - len)
        return;
    memmove(r->text + at + added.len, rest.at, rest.len);
    if (added.len > 0)
        memcpy(r->text + at, added.at, added.len);
    stranger_speaks(r, stranger, protocol, slice_of(r->text, at + added.len + rest.len));
}

/* ---- a world, and its end ---- */

static struct answer
phone_answer(void *self, struct phone *phone, struct slice request)
{
    struct run *r = self;
    struct answer answer = phone->answer;

    oracle_check_request(&r->oracle, request);
    if (slice_is_absent(peer_text_header(request, "X-Number", 0)) &&
        request.len > LONG_REQUEST)
        answer.is_mute = true;
    return answer;
}

static struct world *
world_of(unsigned options)
{
    const char *overrides[8] = { "tm.fr_timer=5", "msilo.check_time=10" };
    size_t count = 2;

    if ((options & OPTION_SAVED) != 0)
        overrides[count++] = "usrloc.db_mode=1";
    if ((options & OPTION_NOTICES) != 0)
        overrides[count++] = "msilo.registrar=sip:silo@example.org";
    if ((options & OPTION_FEW) != 0)
        overrides[count++] = "msilo.max_messages=3";
    if ((options & OPTION_SHORT) != 0)
        overrides[count++] = "msilo.expire_time=60";
    if ((options & OPTION_RELAY) != 0)
        overrides[count++] = "core.relay=all";
    return world_new(1, overrides);
}

static void
set_up(struct run *r)
{
    static const char *const sender_names[SENDERS] = { "dan", "eve" };

    r->options = take(r);
    r->w = world_of(r->options);
    r->w->keeps_sent = false;
    r->w->contents->window_s = INT64_MAX;
    oracle_init(&r->oracle, r->w);
    r->oracle.has_strangers = (r->options & OPTION_STRANGERS) != 0;
    for (uint32_t i = 0; i < PHONES; i++) {
        r->phones[i] = phone_new(r->w, user_names[i % USERS],
                                 i % 2 == 0 ? PROTOCOL_UDP : PROTOCOL_TCP);
        r->phones[i]->chooser = r;
        r->phones[i]->choose = phone_answer;
        oracle_watch_phone(&r->oracle, r->phones[i]);
    }
    for (uint32_t i = 0; i < SENDERS; i++)
        r->senders[i] =
            phone_new(r->w, sender_names[i], i == 0 ? PROTOCOL_UDP : PROTOCOL_TCP);
    for (unsigned i = 0; i < STRANGERS; i++)
        stranger_init(&r->strangers[i], &r->oracle, i);
}

static void
heal(struct run *r)
{
    if (r->w->server == NULL)
        world_start(r->w);
    r->w->faults = (struct disk_faults){ .delay_ms = 1 };
    for (struct phone *phone = r->w->phones; phone != NULL; phone = phone->next) {
        phone->peer.link = (struct link){ .delay_ms = 1 };
        phone->answer = (struct answer){ .status = 200 };
        phone->says_message = true; /* 405 and 501 were moods */
        phone_wake(phone);
    }
    pass_time(r, AFTER_STORM_MS);
}

/* Strangers may have put bindings in front of the phones; without them nothing waits now.
 * */
static void
expect_delivery(struct run *r)
{
    for (int round = 0; round < 2; round++) {
        for (uint32_t i = 0; i < PHONES; i++)
            phone_register(r->phones[i], 3600);
        pass_time(r, ROUND_MS);
    }
    expect(oracle_count_waiting(&r->oracle) == 0,
           "no message waits while every phone is well");
}

static void
expect_life(struct run *r)
{
    unsigned status;

    r->w->tester->last_final = 0;
    world_message(r->w, "sip:nobody@example.org", "probe");
    status = world_status(r->w);
    if (status == 0)
        fuzz_fail("the server answers", r->w->failure);
}

static const struct {
    char letter;
    void (*step)(struct run *r);
} steps[] = {
    { 's', step_send },   { 'r', step_register }, { 'x', step_unregister },
    { 'd', step_die },    { 'w', step_wake },     { 'b', step_break },
    { 'a', step_answer }, { 'k', step_kill },     { 'o', step_kill_for_a_while },
    { 't', step_stop },   { 'f', step_disk },     { 'n', step_network },
    { 'j', step_jump },   { '.', step_time },     { 'u', step_datagram },
    { 'c', step_stream }, { 'm', step_message },
};

static void
play(struct run *r)
{
    for (int count = 0; r->script.len > 0 && count < STEPS_MAX;) {
        unsigned letter = take(r);

        for (size_t i = 0; i < sizeof steps / sizeof steps[0]; i++)
            if ((unsigned char)steps[i].letter == letter) {
                steps[i].step(r);
                pass_time(r, 0);
                count++;
                break;
            }
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct run r;

    r = (struct run){ .script = fuzz_input(data, size) };
    set_up(&r);
    play(&r);
    heal(&r);
    if ((r.options & OPTION_STRANGERS) == 0)
        expect_delivery(&r);
    else
        expect_life(&r);
    oracle_check_kept(&r.oracle);
    if (world_has_failed(r.w))
        fuzz_fail("a promise is broken", r.w->failure);
    oracle_free(&r.oracle);
    world_free(r.w);
    return 0;
}

#include "tests/open_loop.h"

#include "src/sanitizer.h"
#include "tests/peer_text.h"

#include <assert.h>
#include <malloc.h>
#include <stdlib.h>

#if SANITIZES_ADDRESS
/* Of the sanitizer's allocator; gcc does not come with its header. */
size_t
__sanitizer_get_current_allocated_bytes(void);
#endif

enum {
    T1_MS = 500,
    WAIT_MS = 60000,
    COLLECT_MS = 120000,
    STEP_MS = 100,
    HEAD_ROOM = 512,
    HEAP_STEP_MS = 10,
};

static void
note_answer(void *self, const struct flow *flow, struct slice bytes)
{
    struct open_loop *load = self;
    struct slice retry = peer_text_header(bytes, "Retry-After", 0);
    unsigned status = peer_text_status(bytes);
    uint64_t n = peer_text_number(peer_text_header(bytes, "Call-ID", 0));
    struct open_loop_message *m;

    (void)flow;
    if (status < 200 || !slice_equal(peer_text_cseq_method(bytes), SLICE("MESSAGE")) ||
        n >= load->sent)
        return;
    m = &load->messages[n];
    m->is_contradicted |= m->status != 0 && m->status != status;
    if (m->status != 0)
        return;
    m->status = (uint16_t)status;
    if (!slice_is_absent(retry))
        m->retry_after = (uint8_t)peer_text_number(retry);
}

void
open_loop_init(struct open_loop *load, struct world *w, uint32_t body_bytes)
{
    *load = (struct open_loop){ .w = w, .body_bytes = body_bytes };
    w->keeps_sent = false;
    w->watch.self = load;
    w->watch.sent = note_answer;
}

void
open_loop_free(struct open_loop *load)
{
    free(load->messages);
    load->messages = NULL;
}

/* ---- sending ---- */

static void
put(struct open_loop *load, uint32_t n)
{
    struct flow flow = { .protocol = PROTOCOL_UDP, .peer = wire_address(64000, 5060) };
    char *text = malloc(HEAD_ROOM + load->body_bytes);
    int head;

    assert(text != NULL);
    head = snprintf(text, HEAD_ROOM,
                    "MESSAGE sip:user%u@example.org SIP/2.0\r\n"
                    "Via: SIP/2.0/UDP 10.1.250.0:5060;branch=z9hG4bKload%u;rport\r\n"
                    "Max-Forwards: 70\r\n"
                    "From: <sip:alice@example.org>;tag=a%u\r\n"
                    "To: <sip:user%u@example.org>\r\n"
                    "Call-ID: %u@load\r\n"
                    "CSeq: 1 MESSAGE\r\n"
                    "Content-Type: text/plain\r\n"
                    "Content-Length: %u\r\n\r\n",
                    n % OPEN_LOOP_USERS, n, n, n % OPEN_LOOP_USERS, n, load->body_bytes);
    memset(text + head, '.', load->body_bytes);
    snprintf(text + head, load->body_bytes, "%u ", n);
    world_inject(load->w, &flow, slice_of(text, (size_t)head + load->body_bytes));
    free(text);
}

static void
send_one(struct open_loop *load)
{
    if (load->sent == load->room) {
        load->room = load->room == 0 ? 65536 : 2 * load->room;
        load->messages = realloc(load->messages, load->room * sizeof *load->messages);
        assert(load->messages != NULL);
    }
    load->messages[load->sent] = (struct open_loop_message){ .sent_ms = load->w->now.ms };
    put(load, load->sent++);
}

/* T1, 3 T1, 7 T1 and so on after the first time. Messages are there in the order of time. */
static void
send_again(struct open_loop *load)
{
    for (unsigned stage = 0; stage < OPEN_LOOP_STAGES; stage++) {
        uint64_t after_ms = T1_MS * ((UINT64_C(2) << stage) - 1);
        uint32_t *n = &load->due[stage];

        for (; *n < load->sent; ++*n) {
            if (load->messages[*n].sent_ms + after_ms > load->w->now.ms)
                break;
            if (load->messages[*n].status != 0)
                continue;
            load->repeated++;
            put(load, *n);
        }
    }
}

/* The world's disk is memory, too. */
static uint64_t
stored_bytes(const struct memory_contents *c)
{
    uint64_t bytes =
        c->message_room * sizeof *c->messages + c->origin_room * sizeof *c->origins;

    for (size_t i = 0; i < c->message_count; i++)
        bytes += c->messages[i].aor.len + c->messages[i].value.len + 1;
    return bytes;
}

static uint64_t
heap_bytes(const struct open_loop *load)
{
#if SANITIZES_ADDRESS
    uint64_t all = __sanitizer_get_current_allocated_bytes();
#else
    struct mallinfo2 info = mallinfo2();
    uint64_t all = info.uordblks + info.hblkhd;
#endif

    return all - stored_bytes(load->w->contents) - load->room * sizeof *load->messages;
}

void
open_loop_send(struct open_loop *load, uint32_t a_second, uint32_t ms)
{
    uint64_t before = heap_bytes(load), heap;
    uint64_t sent = 0;

    for (uint32_t at = 0; at < ms; at++) {
        for (; sent * 1000 < (uint64_t)a_second * (at + 1); sent++)
            send_one(load);
        send_again(load);
        world_run(load->w, 1);
        heap = at % HEAP_STEP_MS == 0 ? heap_bytes(load) : 0;
        if (heap > before && heap - before > load->heap_most)
            load->heap_most = heap - before;
    }
}

void
open_loop_wait(struct open_loop *load)
{
    for (int at = 0; at < WAIT_MS / STEP_MS && open_loop_count(load, 0) > 0; at++) {
        send_again(load);
        world_run(load->w, STEP_MS);
    }
}

unsigned
open_loop_ask_again(struct open_loop *load, uint32_t n)
{
    load->messages[n].status = 0;
    put(load, n);
    for (int at = 0; at < WAIT_MS / STEP_MS && load->messages[n].status == 0; at++)
        world_run(load->w, STEP_MS);
    return load->messages[n].status;
}

uint32_t
open_loop_count(const struct open_loop *load, unsigned status)
{
    uint32_t count = 0;

    for (uint32_t n = 0; n < load->sent; n++)
        count += load->messages[n].status == status;
    return count;
}

/* ---- what comes out ---- */

static struct answer
take(void *self, struct phone *phone, struct slice request)
{
    struct open_loop *load = self;
    uint32_t n = (uint32_t)peer_text_number(peer_text_body(request));
    uint32_t *last = &load->last[n % OPEN_LOOP_USERS];

    assert(n < load->sent && atoi(phone->user + 4) == (int)(n % OPEN_LOOP_USERS));
    load->delivered++;
    load->not_accepted += load->messages[n].status != 202;
    load->out_of_order += n < *last; /* or a second time */
    load->messages[n].is_delivered = true;
    *last = n + 1;
    return phone->answer;
}

void
open_loop_collect(struct open_loop *load)
{
    char user[16];
    uint32_t accepted = open_loop_count(load, 202);

    for (int i = 0; i < OPEN_LOOP_USERS; i++) {
        struct phone *phone;

        snprintf(user, sizeof user, "user%d", i);
        phone = phone_new(load->w, user, PROTOCOL_UDP);
        phone->chooser = load;
        phone->choose = take;
        phone_register(phone, 3600);
    }
    for (int at = 0; at < COLLECT_MS / STEP_MS && load->delivered < accepted; at++)
        world_run(load->w, STEP_MS);
    world_run(load->w, 1000); /* for what would come twice */
}

#include "tests/liar.h"

#include "tests/peer_text.h"
#include "tests/world.h"

#include <assert.h>
#include <stdio.h>

enum {
    TEXT_ROOM = 2048,
    BABBLE_ROOM = 200,
};

/* One digit or letter of what lies there becomes another. */
static void
alter(struct world *w, struct slice part)
{
    char *at = (char *)(uintptr_t)part.at;
    size_t i;

    if (part.len == 0)
        return;
    i = random_below(&w->random, (uint32_t)part.len);
    at[i] = at[i] == '7' ? '8' : '7';
}

/* All but the first: the number stays below 2^31. */
static struct slice
last_digits(struct slice cseq)
{
    size_t digits = slice_find(cseq, ' ');

    return digits < 2 ? slice_head(cseq, 1) : slice_skip(slice_head(cseq, digits), 1);
}

static size_t
without_via(char *text, size_t len)
{
    char *via = strstr(text, "Via: "), *end = via == NULL ? NULL : strstr(via, "\r\n");

    if (end == NULL)
        return len;
    memmove(via, end + 2, (size_t)(text + len - (end + 2)));
    return len - (size_t)(end + 2 - via);
}

static void
say(struct phone *phone, enum protocol protocol, struct slice bytes, bool has_end)
{
    peer_send(&phone->peer, protocol, bytes);
    if (protocol == PROTOCOL_TCP && !has_end)
        peer_break(&phone->peer, 10);
}

/* It answers one that came earlier, and was answered then, or never. */
static void
answer_earlier(struct phone *phone, struct receipt *receipt)
{
    uint32_t back = random_below(&phone->world->random, 5);
    char text[TEXT_ROOM];

    while (back-- > 0 && receipt->next != NULL)
        receipt = receipt->next;
    receipt->answer.status = 200;
    if (phone->answered != NULL)
        phone->answered(phone->listener, phone, receipt);
    say(phone, phone->protocol,
        slice_of(text, phone_write_response(receipt, 200, text, sizeof text)), true);
}

static void
answer_altered(struct phone *phone, struct receipt *receipt)
{
    struct world *w = phone->world;
    char text[TEXT_ROOM];
    size_t len = phone_write_response(receipt, receipt->answer.status, text, sizeof text);
    struct slice all = slice_of(text, len);
    struct slice cseq = peer_text_header(all, "CSeq", 0);

    if (receipt->answer.lie == LIE_BRANCH)
        alter(w, peer_text_branch(all));
    else if (receipt->answer.lie == LIE_METHOD)
        alter(w, peer_text_cseq_method(all));
    else if (receipt->answer.lie == LIE_NO_VIA)
        len = without_via(text, len);
    else if (receipt->answer.lie == LIE_CUT)
        len = random_below(&w->random, (uint32_t)(cseq.at - text));
    else if (receipt->answer.lie == LIE_CALL_ID)
        alter(w, peer_text_header(all, "Call-ID", 0));
    else if (receipt->answer.lie == LIE_CSEQ)
        alter(w, last_digits(cseq));
    if (receipt->answer.lie > LIE_CUT && phone->answered != NULL)
        phone->answered(phone->listener, phone, receipt);
    if (len > 0)
        say(phone, receipt->protocol, slice_of(text, len),
            receipt->answer.lie != LIE_CUT);
}

void
liar_answer(struct phone *phone, struct receipt *receipt)
{
    world_happened(phone->world, HAPPENED_LIE);
    world_trace(phone->world, "%s lies", phone->user);
    if (receipt->answer.lie == LIE_EARLIER)
        answer_earlier(phone, receipt);
    else
        answer_altered(phone, receipt);
}

void
liar_make_up(struct phone *phone)
{
    const unsigned number = random_below(&phone->world->random, 1000000);
    char text[TEXT_ROOM];
    int n = snprintf(text, sizeof text,
                     "SIP/2.0 200 OK\r\n"
                     "Via: SIP/2.0/%s 127.0.0.1:5060;branch=z9hG4bKsilo%x;rport\r\n"
                     "From: <sip:dan@example.org>;tag=%u\r\n"
                     "To: <sip:%s@example.org>;tag=phone\r\n"
                     "Call-ID: %u@sipsilo\r\n"
                     "CSeq: %u MESSAGE\r\n"
                     "Content-Length: 0\r\n\r\n",
                     phone->protocol == PROTOCOL_UDP ? "UDP" : "TCP", number, number,
                     phone->user, number, number);

    assert(n > 0 && (size_t)n < sizeof text);
    world_happened(phone->world, HAPPENED_LIE);
    say(phone, phone->protocol, slice_of(text, (size_t)n), true);
}

void
liar_babble(struct phone *phone, enum protocol protocol)
{
    static const char *const words[] = { "SIP/2.0 ", "MESSAGE ", "\r\n", "\r\n\r\n",
                                         "Via: ",    "200 ",     ": ",   "sip:" };
    struct random *random = &phone->world->random;
    char text[BABBLE_ROOM + 16];
    size_t len = 0, wanted = 1 + random_below(random, BABBLE_ROOM - 1);

    while (len < wanted) {
        const char *word = words[random_below(random, 8)];

        if (random_below(random, 3) == 0)
            text[len++] = (char)random_below(random, 256);
        else
            len += (size_t)sprintf(text + len, "%s", word);
    }
    world_happened(phone->world, HAPPENED_LIE);
    say(phone, protocol, slice_of(text, len), false);
}

/* RFC 4475, RFC 5118 and more of their kind, through the whole server: each datagram gets one
 * of the answers that its line in tests/torture/verdicts allows, or none. */
#include "parser/message.h"
#include "tests/behaviour.h"
#include "tests/verdicts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static struct message m;

static bool
allows(struct slice statuses, unsigned status)
{
    struct slice one;

    while (statuses.len > 0) {
        size_t end = slice_find(statuses, ',');
        unsigned number = (unsigned)strtoul(statuses.at, NULL, 10);

        one = slice_head(statuses, end);
        statuses = slice_skip(statuses, end + 1);
        if (slice_equal(one, SLICE("-")) || number == 0) {
            if (status == 0)
                return true;
        } else if (number == status || (number == 2 && status / 100 == 2)) {
            return true;
        }
    }
    return false;
}

/* Where this server means to answer otherwise than an endpoint that the suites speak of. */
static bool
is_meant(unsigned status)
{
    switch (status) {
    case 483: /* we stand between: Max-Forwards 0 goes no further, for our users too */
        return m.max_forwards == 0;
    case 404: /* a method of a user who is offline: he cannot be reached, whatever it is */
        return m.method != METHOD_MESSAGE && m.method != METHOD_REGISTER &&
               !slice_is_absent(m.target.user);
    default:
        return false;
    }
}

/* What core.alias takes for a domain. */
static bool
is_domain(struct slice host)
{
    for (size_t i = 0; i + 3 <= host.len; i++)
        if (memcmp(host.at + i, ":::", 3) == 0)
            return false;
    return host.len > 0 && host.len < 900;
}

static size_t
add_alias(char *at, size_t room, size_t len, struct slice host)
{
    if (!is_domain(host))
        return len;
    return len + (size_t)snprintf(at + len, room - len, ",%.*s", SLICE_ARG(host));
}

/* The domains of Request-URI and To are ours, unless the case is about a foreign one. */
static struct world *
world_of(const struct verdict *verdict)
{
    char alias[2048] = "core.alias=example.com";
    size_t len = strlen(alias);
    bool parsed = message_parse(&m, verdict->message, MESSAGE_DATAGRAM) == PARSE_OK;
    bool foreign = slice_equal(verdict->name, SLICE("msg-ruri-other-domain")) ||
                   slice_equal(verdict->name, SLICE("reg-to-other-domain"));

    if (parsed && m.is_request && !foreign) {
        len = add_alias(alias, sizeof alias, len, m.target.host);
        add_alias(alias, sizeof alias, len, m.to.uri.host);
    }
    return scene_with(alias, NULL);
}

/* The status that the server sent; without rport it went to the port in Via, where the
 * tester does not listen. 0: it sent nothing. */
static unsigned
status_sent(struct world *w)
{
    const struct sent *answer = sent_at(w, "SIP/2.0", 0);

    return answer == NULL ? 0 : peer_text_status(slice_of(answer->bytes, answer->len));
}

static void
judge(const struct verdict *verdict)
{
    struct world *w = world_of(verdict);
    unsigned status;
    void *none = NULL;

    phone_send_raw(w->tester, verdict->message);
    world_run(w, 5000);
    status = status_sent(w);
    if (!allows(verdict->statuses, status) && !is_meant(status))
        fail_msg("%.*s: %u, not %.*s", SLICE_ARG(verdict->name), status,
                 SLICE_ARG(verdict->statuses));
    scene_end(&none);
}

/* Its verdict speaks of a server that has had the one before: tests/test_registrar.c has
 * these sequences. */
static bool
follows_another(const struct verdict *verdict)
{
    struct slice fields = verdict->fields, name, value;

    while (verdict_field_next(&fields, &name, &value))
        if (slice_equal(name, SLICE("@follows")))
            return true;
    return false;
}

static void
every_torture_message_gets_an_answer_that_its_line_allows(void **state)
{
    struct verdicts v;
    struct verdict verdict;
    unsigned count = 0;

    (void)state;
    verdicts_open(&v);
    while (verdicts_next(&v, &verdict)) {
        if (!verdict.on_udp || follows_another(&verdict))
            continue;
        judge(&verdict);
        count++;
    }
    verdicts_close(&v);
    assert_true(count > 200);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_torture_message_gets_an_answer_that_its_line_allows),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

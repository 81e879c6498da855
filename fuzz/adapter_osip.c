/* The parser of GNU oSIP. */
#include "fuzz/adapter.h"

#include <osipparser2/osip_parser.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

const char adapter_name[] = "osip";

static osip_message_t *last; /* owned */

static const char *
tag_of(osip_from_t *address)
{
    osip_generic_param_t *tag = NULL;

    if (address == NULL ||
        osip_from_param_get_byname(address, (char *)(uintptr_t) "tag", &tag) != 0)
        return NULL;
    return tag->gvalue;
}

static void
say_via(struct adapter_message *out)
{
    osip_via_t *via = NULL;
    osip_generic_param_t *branch = NULL;

    if (osip_message_get_via(last, 0, &via) < 0)
        return;
    adapter_say_string(out, ADAPTER_VIA_HOST, via->host);
    osip_via_param_get_byname(via, (char *)(uintptr_t) "branch", &branch);
    adapter_say_string(out, ADAPTER_VIA_BRANCH, branch == NULL ? NULL : branch->gvalue);
}

static void
say_start_line(struct adapter_message *out)
{
    static char status[16];

    if (MSG_IS_REQUEST(last)) {
        adapter_say_string(out, ADAPTER_METHOD, last->sip_method);
        if (last->req_uri != NULL && last->req_uri->host != NULL) {
            adapter_say_string(out, ADAPTER_USER, last->req_uri->username);
            adapter_say_string(out, ADAPTER_HOST, last->req_uri->host);
        }
        return;
    }
    snprintf(status, sizeof status, "%d", last->status_code);
    adapter_say_string(out, ADAPTER_STATUS, status);
}

/* Its text may have leading zeros. */
static void
say_cseq(struct adapter_message *out)
{
    static char number[24];

    if (last->cseq == NULL || last->cseq->number == NULL)
        return;
    snprintf(number, sizeof number, "%lu", strtoul(last->cseq->number, NULL, 10));
    adapter_say_string(out, ADAPTER_CSEQ, number);
    adapter_say_string(out, ADAPTER_CSEQ_METHOD, last->cseq->method);
}

static void
say_call_id(struct adapter_message *out)
{
    static char call_id[8192];
    const osip_call_id_t *id = last->call_id;

    if (id == NULL || id->number == NULL)
        return;
    snprintf(call_id, sizeof call_id, "%s%s%s", id->number, id->host == NULL ? "" : "@",
             id->host == NULL ? "" : id->host);
    adapter_say_string(out, ADAPTER_CALL_ID, call_id);
}

bool
adapter_parse(struct slice message, struct adapter_message *out)
{
    if (last == NULL)
        parser_init();
    osip_message_free(last);
    if (osip_message_init(&last) != 0 ||
        osip_message_parse(last, message.at, message.len) != 0)
        return false;
    say_start_line(out);
    say_via(out);
    say_call_id(out);
    say_cseq(out);
    adapter_say_string(out, ADAPTER_FROM_TAG, tag_of(last->from));
    adapter_say_string(out, ADAPTER_TO_TAG, tag_of(last->to));
    return true;
}

#include "src/sip/best_response.h"

#include "src/sip/forward.h"

#include <stdlib.h>

void
best_response_free(struct best_response *best)
{
    free(best->bytes);
    free(best->challenges);
}

bool
best_response_is_none(const struct best_response *best)
{
    return best->status == 0;
}

/* Less is better. */
static unsigned
rank(unsigned status)
{
    static const unsigned telling[] = { 401, 407, 415, 420, 484 };
    unsigned class = status / 100;

    if (class == 6)
        return 0;
    for (size_t i = 0; i < sizeof telling / sizeof telling[0]; i++)
        if (status == telling[i])
            return class * 2;
    return class * 2 + 1;
}

static bool
is_challenge(unsigned status)
{
    return status == 401 || status == 407;
}

static unsigned
status_to_pass(unsigned status)
{
    return status == 503 ? 500 : status;
}

enum {
    CHALLENGES_MAX = 16384, /* of all branches; what is more is left out */
};

static void
keep_challenges(struct best_response *best, const struct message *response)
{
    struct writer w;

    if (best->challenges == NULL)
        best->challenges = malloc(CHALLENGES_MAX);
    if (best->challenges == NULL)
        return;
    writer_init(&w, best->challenges + best->challenges_len,
                CHALLENGES_MAX - best->challenges_len);
    for (int i = 0; i < response->lines; i++)
        if (header_is_challenge(response->line[i].id))
            writer_header(&w, header_name(response->line[i].id), response->line[i].value);
    best->challenges_len += writer_done(&w).len;
}

size_t
best_response_bytes(const struct best_response *best)
{
    return best->room + (best->challenges == NULL ? 0 : CHALLENGES_MAX);
}

size_t
best_response_room(const struct message *response)
{
    return forward_response_room(response) + CHALLENGES_MAX;
}

void
best_response_offer(struct best_response *best, const struct message *response)
{
    unsigned status = response->status, passed = status_to_pass(status);
    size_t room = forward_response_room(response);
    struct writer w;
    char *bytes;

    if (!forward_has_way_back(response))
        return; /* RFC 3261 16.7 step 3 */
    if (is_challenge(status))
        keep_challenges(best, response);
    if (best->status != 0 && rank(status) >= rank(best->status))
        return;
    bytes = malloc(room);
    if (bytes == NULL)
        return;
    writer_init(&w, bytes, room);
    forward_response(&w, response, passed,
                     passed == status ? response->reason : SLICE("Server Internal Error"),
                     is_challenge(status));
    free(best->bytes);
    best->bytes = bytes;
    best->len = writer_done(&w).len;
    best->room = room;
    best->status = status;
}

unsigned
best_response_status(const struct best_response *best)
{
    return status_to_pass(best->status);
}

/* The challenges stand behind the status line. */
void
best_response_write(const struct best_response *best, struct writer *w)
{
    struct slice bytes = slice_of(best->bytes, best->len);
    struct slice line = slice_head(bytes, slice_find(bytes, '\n') + 1);

    writer_bytes(w, line);
    if (is_challenge(best->status))
        writer_bytes(w, slice_of(best->challenges, best->challenges_len));
    writer_bytes(w, slice_skip(bytes, line.len));
}

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

/* False: out of memory. */
static bool
keep_challenges(struct best_response *best, const struct message *response)
{
    struct writer w;

    if (best->challenges == NULL)
        best->challenges = malloc(CHALLENGES_MAX);
    if (best->challenges == NULL)
        return false;
    writer_init(&w, best->challenges + best->challenges_len,
                CHALLENGES_MAX - best->challenges_len);
    for (int i = 0; i < response->lines; i++)
        if (header_is_challenge(response->line[i].id))
            writer_header(&w, header_name(response->line[i].id), response->line[i].value);
    best->challenges_len += writer_done(&w).len;
    return true;
}

static bool
is_better(const struct best_response *best, unsigned status)
{
    return best->status == 0 || rank(status) < rank(best->status);
}

static size_t
challenges_room(bool has_challenges)
{
    return has_challenges ? CHALLENGES_MAX : 0;
}

size_t
best_response_held(const struct best_response *best)
{
    return best->room + challenges_room(best->challenges != NULL);
}

size_t
best_response_offer_bytes(const struct best_response *best,
                          const struct message *response)
{
    unsigned status = response->status;

    return (is_better(best, status) ? forward_response_room(response) : best->room) +
           challenges_room(best->challenges != NULL || is_challenge(status));
}

/* NULL: out of memory. */
static char *
copy_response(const struct message *response, size_t room, size_t *len)
{
    unsigned status = response->status, passed = status_to_pass(status);
    char *bytes = malloc(room);
    struct writer w;

    if (bytes == NULL)
        return NULL;
    writer_init(&w, bytes, room);
    forward_response(&w, response, passed,
                     passed == status ? response->reason : SLICE("Server Internal Error"),
                     is_challenge(status));
    *len = writer_done(&w).len;
    return bytes;
}

void
best_response_offer(struct best_response *best, const struct message *response,
                    bool has_room)
{
    unsigned status = response->status;
    size_t room = forward_response_room(response), len = 0;
    char *bytes;

    if (!forward_has_way_back(response))
        return; /* RFC 3261 16.7 step 3 */
    if (is_challenge(status) && (!has_room || !keep_challenges(best, response)))
        return;
    if (!is_better(best, status))
        return;
    bytes = has_room ? copy_response(response, room, &len) : NULL;
    if (bytes == NULL && is_challenge(status))
        return;
    free(best->bytes);
    best->bytes = bytes;
    best->len = len;
    best->room = bytes == NULL ? 0 : room;
    best->status = status;
}

unsigned
best_response_status(const struct best_response *best)
{
    return status_to_pass(best->status);
}

/* The challenges stand behind the status line. */
bool
best_response_write(const struct best_response *best, struct writer *w)
{
    struct slice bytes = slice_of(best->bytes, best->len), line;

    if (best->bytes == NULL)
        return false;
    line = slice_head(bytes, slice_find(bytes, '\n') + 1);
    writer_bytes(w, line);
    if (is_challenge(best->status))
        writer_bytes(w, slice_of(best->challenges, best->challenges_len));
    writer_bytes(w, slice_skip(bytes, line.len));
    return true;
}

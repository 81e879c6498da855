#include "src/sip/branch.h"

#include "parser/params.h"

#define MARK "z9hG4bKsilo"

enum {
    MARK_BYTES = sizeof MARK - 1,
    HEX_BYTES = 16,
};

void
hex64_write(uint64_t value, char out[16])
{
    for (int i = 15; i >= 0; i--, value >>= 4)
        out[i] = "0123456789abcdef"[value & 15];
}

static uint64_t
hash_of(const struct hash_key *key, struct slice nonce, struct slice request_uri,
        struct slice route)
{
    const struct slice parts[] = { nonce, request_uri, route };

    return siphash64_parts(key, parts, 3);
}

void
branch_make(const struct hash_key *key, uint64_t nonce, struct slice request_uri,
            struct slice route, char out[BRANCH_BYTES])
{
    char *hex = out + MARK_BYTES;

    memcpy(out, MARK, MARK_BYTES);
    hex64_write(nonce, hex);
    hex64_write(hash_of(key, slice_of(hex, HEX_BYTES), request_uri, route),
                hex + HEX_BYTES);
}

static bool
is_ours_for(const struct hash_key *key, struct slice branch, struct slice request_uri,
            struct slice route)
{
    struct slice nonce = slice_head(slice_skip(branch, MARK_BYTES), HEX_BYTES);
    char expected[HEX_BYTES];

    if (branch.len < BRANCH_BYTES || !slice_starts(branch, SLICE(MARK)))
        return false;
    hex64_write(hash_of(key, nonce, request_uri, route), expected);
    return slice_starts(slice_skip(branch, MARK_BYTES + HEX_BYTES),
                        slice_of(expected, HEX_BYTES));
}

bool
branch_has_looped(const struct hash_key *key, const struct message *request)
{
    struct header_walk walk = message_walk(request, HEADER_VIA);
    struct slice route = message_header(request, HEADER_ROUTE),
                 uri = request->request_uri;
    struct slice element;

    while (header_walk_next(&walk, &element)) {
        struct slice params = slice_skip(element, slice_find(element, ';'));
        struct slice branch = params_find(params, SLICE("branch"));

        if (is_ours_for(key, branch, uri, slice_absent()) ||
            (route.len > 0 && is_ours_for(key, branch, uri, route)))
            return true;
    }
    return false;
}

bool
branch_was_here(const struct message *request)
{
    struct header_walk walk = message_walk(request, HEADER_VIA);
    struct slice element;

    while (header_walk_next(&walk, &element)) {
        struct slice params = slice_skip(element, slice_find(element, ';'));

        if (slice_starts(params_find(params, SLICE("branch")), SLICE(MARK)))
            return true;
    }
    return false;
}

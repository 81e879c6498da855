#include "src/sip/location.h"

#include <stdlib.h>

static size_t
count_bindings(const struct binding *binding)
{
    size_t count = 0;

    for (; binding != NULL; binding = binding->next)
        count++;
    return count;
}

/* The stream that a binding of now goes over, where it is the same contact. */
static uint64_t
connection_of(const struct binding *now, const struct binding *before)
{
    for (; now != NULL; now = now->next)
        if (slice_equal(now->contact, before->contact) &&
            now->flow.protocol == before->flow.protocol)
            return now->flow.connection;
    return 0;
}

static void
replace_all(struct location *location, struct slice aor, const struct binding *before)
{
    const struct binding *current = location_find(location, aor);
    size_t count = count_bindings(current) + count_bindings(before), i = 0;
    struct binding_change *changes = calloc(count + 1, sizeof *changes);

    if (changes == NULL)
        return; /* out of memory: what is there stays */
    for (const struct binding *b = current; b != NULL; b = b->next)
        changes[i++] = (struct binding_change){ .old = b, .remove = true };
    for (const struct binding *b = before; b != NULL; b = b->next) {
        changes[i].binding = *b;
        changes[i++].binding.flow.connection = connection_of(current, b);
    }
    location_put_back(location, aor, changes, count); /* else as above */
    free(changes);
}

void
location_restore(struct location *location, struct slice aor, struct slice before,
                 struct moment now)
{
    static const struct hash_key key; /* the table holds one AoR: nothing to defend */
    struct timer_wheel wheel;
    struct location *past;

    timer_wheel_init(&wheel, now.ms);
    past = location_new(&wheel, &key, SIZE_MAX, SIZE_MAX);
    if (past == NULL)
        return;
    if (before.len == 0 || location_decode(past, aor, before, now))
        replace_all(location, aor, location_find(past, aor));
    location_free(past);
}

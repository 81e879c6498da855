#include "store/repeats.h"

void
repeats_free(struct repeats *repeats)
{
    queue_free(&repeats->origins);
}

void
repeats_clear(struct repeats *repeats)
{
    queue_drop(&repeats->origins, repeats->origins.count);
}

bool
repeats_reserve(struct repeats *repeats, size_t more)
{
    return queue_reserve(&repeats->origins, more);
}

static struct queue_item
item_of(const struct hash128 *origin)
{
    struct queue_item item = { 0 };

    memcpy(&item.key, origin->bytes, sizeof item.key);
    memcpy(&item.extra, origin->bytes + sizeof item.key, sizeof item.extra);
    return item;
}

void
repeats_add(struct repeats *repeats, const struct hash128 *origin, int64_t now_s)
{
    struct queue_item item = item_of(origin);

    item.order = (uint64_t)now_s;
    queue_add(&repeats->origins, item);
}

/* Origins are random: each would wait for the memory twice, were it not asked for ahead. */
void
repeats_add_all(struct repeats *repeats, const char *origins, size_t count, int64_t now_s)
{
    enum { FAR = 16, NEAR = 8 };
    const size_t bytes = sizeof(struct hash128);

    for (size_t i = 0; i < count + FAR; i++) {
        struct hash128 origin;
        uint64_t key;

        if (i < count) {
            memcpy(&key, origins + i * bytes, sizeof key);
            queue_prefetch(&repeats->origins, key);
        }
        if (i >= NEAR && i - NEAR < count) {
            memcpy(&key, origins + (i - NEAR) * bytes, sizeof key);
            queue_prefetch_item(&repeats->origins, key);
        }
        if (i >= FAR) {
            memcpy(origin.bytes, origins + (i - FAR) * bytes, bytes);
            repeats_add(repeats, &origin, now_s);
        }
    }
}

struct hash128
repeats_origin(const struct repeats *repeats, uint32_t i)
{
    const struct queue_item *item = queue_at(&repeats->origins, i);
    struct hash128 origin;

    memcpy(origin.bytes, &item->key, sizeof item->key);
    memcpy(origin.bytes + sizeof item->key, &item->extra, sizeof item->extra);
    return origin;
}

/* A time far ahead was written before the clock was set back: it would stay for ever. */
bool
repeats_is_over(int64_t then_s, int64_t now_s)
{
    uint64_t apart = then_s < now_s ? (uint64_t)now_s - (uint64_t)then_s
                                    : (uint64_t)then_s - (uint64_t)now_s;

    return apart > REPEATS_S;
}

bool
repeats_has(const struct repeats *repeats, const struct hash128 *origin, int64_t now_s)
{
    const struct queue_item wanted = item_of(origin);
    const struct queue_item *item = queue_first(&repeats->origins, wanted.key);

    for (; item != NULL; item = queue_next(&repeats->origins, item))
        if (item->extra == wanted.extra && !repeats_is_over((int64_t)item->order, now_s))
            return true;
    return false;
}

void
repeats_show(const struct repeats *repeats, int64_t now_s, void *visitor,
             void (*visit)(void *visitor, const struct hash128 *origin))
{
    for (uint32_t i = 0; i < repeats->origins.count; i++) {
        struct hash128 origin = repeats_origin(repeats, i);

        if (!repeats_is_over((int64_t)queue_at(&repeats->origins, i)->order, now_s))
            visit(visitor, &origin);
    }
}

void
repeats_prune(struct repeats *repeats, int64_t now_s)
{
    struct queue *origins = &repeats->origins;

    while (origins->count > 0 &&
           repeats_is_over((int64_t)queue_at(origins, 0)->order, now_s))
        queue_drop(origins, 1);
}

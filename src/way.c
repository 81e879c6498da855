#include "src/way.h"

/* Elements at the front that name us were meant to bring the request here. */
static bool
is_own_route(const struct domains *domains, struct slice element)
{
    struct name_addr address;
    const char *why;

    return name_addr_parse(element, &address, &why) == PARSE_OK &&
           domains_has(domains, &address.uri);
}

static void
add_element(struct writer *w, struct slice element)
{
    if (w->len > 0)
        writer_bytes(w, SLICE(","));
    writer_value(w, element);
}

/* False: out of memory. */
static bool
take_route(struct way *way, const struct domains *domains, struct arena *arena,
           const struct message *m)
{
    struct header_walk walk = message_walk(m, HEADER_ROUTE);
    struct slice element;
    struct writer w = { 0 };
    char *text;

    while (header_walk_next(&walk, &element)) {
        if (w.at == NULL && is_own_route(domains, element))
            continue;
        if (w.at == NULL) {
            text = arena_alloc(arena, m->size);
            if (text == NULL)
                return false;
            writer_init(&w, text, m->size);
        }
        add_element(&w, element);
    }
    way->route = w.at == NULL ? slice_of("", 0) : writer_done(&w);
    return !slice_is_absent(way->route);
}

bool
way_find(struct way *way, const struct domains *domains, const struct location *location,
         struct arena *arena, const struct message *m)
{
    way->is_ours = domains_has(domains, &m->target);
    way->is_contact = false;
    way->first = NULL;
    way->aor = slice_of(way->aor_text, domains_aor(domains, &m->target, way->aor_text));
    if (way->is_ours) {
        if (way->aor.len > 0)
            way->first = location_find(location, way->aor);
    } else {
        struct slice to =
            slice_of(way->aor_text, domains_aor(domains, &m->to.uri, way->aor_text));

        way->first = location_find_contact(location, &m->target, to);
        way->is_contact = way->first != NULL;
        if (way->is_contact)
            way->aor = way->first->aor;
    }
    return take_route(way, domains, arena, m);
}

bool
way_is_foreign(const struct way *way)
{
    return !way->is_ours && way->first == NULL;
}

const struct binding *
way_next(const struct way *way, const struct binding *binding)
{
    return way->is_contact ? NULL : binding->next;
}

bool
way_target(const struct way *way, const struct binding *binding, struct arena *arena,
           struct target *out)
{
    struct target target = target_of_binding(binding);
    struct writer w;
    char *text;

    if (way->route.len > 0) {
        text = arena_alloc(arena, target.route.len + 1 + way->route.len);
        if (text == NULL)
            return false;
        writer_init(&w, text, target.route.len + 1 + way->route.len);
        if (target.route.len > 0)
            add_element(&w, target.route);
        add_element(&w, way->route);
        target.route = writer_done(&w);
    }
    *out = target;
    return true;
}

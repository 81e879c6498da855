#include "src/setting.h"

#include "parser/params.h"

#include <inttypes.h>

bool
setting_read_list(struct assignment *a, struct slice value, void *list,
                  bool (*take)(struct assignment *a, void *list, uint32_t index,
                               struct slice element),
                  uint32_t *count)
{
    struct slice element;
    bool is_last = false;

    *count = 0;
    if (a->setting->min == 0 && slice_equal(value, SLICE("none")))
        return true;
    while (!is_last) {
        is_last = !slice_cut(value, ',', &element, &value);
        element = slice_trim(is_last ? value : element);
        if (element.len == 0)
            return setting_refuse(a, element, "is an empty element of the list");
        if (*count == a->setting->max)
            return setting_refuse(a, element, "is more than %" PRIu64 " elements",
                                  a->setting->max);
        if (!take(a, list, *count, element))
            return false;
        ++*count;
    }
    return true;
}

enum {
    DOMAIN_MAX = 253, /* RFC 1035 2.3.4, as text */
};

/* A host as it stands in a URI (RFC 3261 25.1): a name without empty labels, IPv4, or IPv6 in
 * brackets. */
static bool
is_host(struct slice text)
{
    struct address address;
    char before = '.';

    if (text.len == 0 || text.len > DOMAIN_MAX)
        return false;
    if (text.at[0] == '[')
        return address_parse(text, 0, &address);
    for (struct slice s = text; s.len > 0; s = slice_skip(s, 1)) {
        char c = s.at[0];

        if (c == '.' ? before == '.' : !ascii_is_alphanumeric(c) && c != '-' && c != '_')
            return false;
        before = c;
    }
    return before != '.';
}

/* Lower case and without a trailing dot, the form that AoRs have. */
static bool
take_alias(struct assignment *a, void *list, uint32_t index, struct slice element)
{
    struct slice *aliases = list;
    char lower[DOMAIN_MAX + 1];
    struct slice name = element;

    if (name.len > 1 && name.at[name.len - 1] == '.')
        name.len--;
    if (!is_host(name))
        return setting_refuse(a, element, "is not a domain, without a port");
    for (size_t i = 0; i < name.len; i++)
        lower[i] = ascii_lower(name.at[i]);
    aliases[index] = settings_keep(a->settings, slice_of(lower, name.len));
    return !slice_is_absent(aliases[index]) ||
           setting_refuse(a, element, "out of memory");
}

static bool
take_type(struct assignment *a, void *list, uint32_t index, struct slice element)
{
    struct slice *types = list;

    if (!setting_is_media_type(element))
        return setting_refuse(a, element, "is not a media type such as text/plain");
    types[index] = settings_keep(a->settings, element);
    return !slice_is_absent(types[index]) || setting_refuse(a, element, "out of memory");
}

static bool
print_texts(const struct slice *list, uint32_t count, struct setting_text *out)
{
    if (count == 0)
        setting_text_add(out, SLICE("none"));
    for (uint32_t i = 0; i < count; i++) {
        setting_text_separate(out, i);
        setting_text_add(out, list[i]);
    }
    return true;
}

static bool
read_aliases(struct assignment *a, struct slice value)
{
    struct slice list[LIMIT_ALIASES];
    uint32_t count;

    if (!setting_read_list(a, value, list, take_alias, &count))
        return false;
    memcpy(a->settings->alias, list, count * sizeof list[0]);
    a->settings->alias_count = count;
    return true;
}

static bool
print_aliases(const struct settings *settings, const struct setting *setting,
              struct setting_text *out)
{
    (void)setting;
    return print_texts(settings->alias, settings->alias_count, out);
}

const struct setting_kind kind_aliases = { read_aliases, print_aliases };

static bool
read_types(struct assignment *a, struct slice value)
{
    struct slice list[LIMIT_NOSTORE_TYPES];
    uint32_t count;

    if (!setting_read_list(a, value, list, take_type, &count))
        return false;
    memcpy(a->settings->nostore_types, list, count * sizeof list[0]);
    a->settings->nostore_type_count = count;
    return true;
}

static bool
print_types(const struct settings *settings, const struct setting *setting,
            struct setting_text *out)
{
    (void)setting;
    return print_texts(settings->nostore_types, settings->nostore_type_count, out);
}

const struct setting_kind kind_types = { read_types, print_types };

static bool
take_network(struct assignment *a, void *list, uint32_t index, struct slice element)
{
    struct network *networks = list;

    return network_parse(element, &networks[index]) ||
           setting_refuse(a, element,
                          "is not a network such as 192.0.2.0/24, 2001:db8::/32");
}

static bool
read_networks(struct assignment *a, struct slice value)
{
    struct network list[LIMIT_TRUSTED];
    uint32_t count;

    if (!setting_read_list(a, value, list, take_network, &count))
        return false;
    memcpy(a->settings->trusted, list, count * sizeof list[0]);
    a->settings->trusted_count = count;
    return true;
}

/* A network of IPv4 lies in the last 32 of the 128 bits: 192.0.2.0/24 is /120. */
static bool
print_networks(const struct settings *settings, const struct setting *setting,
               struct setting_text *out)
{
    (void)setting;
    if (settings->trusted_count == 0)
        setting_text_add(out, SLICE("none"));
    for (uint32_t i = 0; i < settings->trusted_count; i++) {
        const struct network *network = &settings->trusted[i];
        struct address address = { .port = 0 };
        char ip[ADDRESS_TEXT];
        bool is_ipv4;

        memcpy(address.ip, network->ip, sizeof address.ip);
        is_ipv4 = address_is_ipv4(&address) && network->bits >= 96;
        setting_text_separate(out, i);
        setting_text_add(out, address_print_ip(&address, ip));
        setting_text_add(out, SLICE("/"));
        setting_text_number(out, network->bits - (is_ipv4 ? 96u : 0u));
    }
    return true;
}

const struct setting_kind kind_networks = { read_networks, print_networks };

static bool
take_status(struct assignment *a, void *list, uint32_t index, struct slice element)
{
    bool *has = list;
    uint32_t status;

    (void)index;
    if (element.len != 3 || !number_parse(element, &status) || status < STATUS_FIRST ||
        status >= STATUS_FIRST + STATUS_COUNT)
        return setting_refuse(a, element, "is not a final status in 300..699, or all");
    has[status - STATUS_FIRST] = true;
    return true;
}

static bool
read_statuses(struct assignment *a, struct slice value)
{
    bool has[STATUS_COUNT] = { false };
    uint32_t count;

    if (slice_equal(value, SLICE("all")))
        memset(has, true, sizeof has);
    else if (!setting_read_list(a, value, has, take_status, &count))
        return false;
    memcpy(a->settings->store_on, has, sizeof has);
    return true;
}

static bool
print_statuses(const struct settings *settings, const struct setting *setting,
               struct setting_text *out)
{
    uint32_t count = 0;

    (void)setting;
    for (uint32_t i = 0; i < STATUS_COUNT; i++)
        count += settings->store_on[i];
    if (count == 0 || count == STATUS_COUNT) {
        setting_text_add(out, count == 0 ? SLICE("none") : SLICE("all"));
        return true;
    }
    count = 0;
    for (uint32_t i = 0; i < STATUS_COUNT; i++) {
        if (!settings->store_on[i])
            continue;
        setting_text_separate(out, count++);
        setting_text_number(out, STATUS_FIRST + i);
    }
    return true;
}

const struct setting_kind kind_statuses = { read_statuses, print_statuses };

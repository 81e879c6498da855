#include "bench/parser/adapter.h"

#include "bench/parser/sipsilo.h"

/* Those whose library was missing were not linked: their address is NULL. */
#define WHERE_FOUND __attribute__((weak))

extern const struct adapter adapter_libre WHERE_FOUND;
extern const struct adapter adapter_osip WHERE_FOUND;
extern const struct adapter adapter_sofia WHERE_FOUND;
extern const struct adapter adapter_byte_loop, adapter_memchr;

static const struct adapter *const others[] = {
    &adapter_sofia, &adapter_osip, &adapter_libre, &adapter_byte_loop, &adapter_memchr,
};

const struct adapter *
adapter_at(size_t n)
{
    const struct adapter *ours = sipsilo_adapter(n);
    size_t variants = 0;

    if (ours != NULL)
        return ours;
    while (sipsilo_adapter(variants) != NULL)
        variants++;
    n -= variants;
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        if (others[i] != NULL && n-- == 0)
            return others[i];
    return NULL;
}

const struct adapter *
adapter_named(const char *name)
{
    const struct adapter *adapter;

    for (size_t n = 0; (adapter = adapter_at(n)) != NULL; n++)
        if (strcmp(adapter->name, name) == 0)
            return adapter;
    return NULL;
}

#include "bench/parser/agree.h"

#include "bench/parser/adapter.h"

#include <stdio.h>
#include <stdlib.h>

static void
give_up(const struct adapter *adapter, struct slice message, const char *what)
{
    fprintf(stderr, "%.*s\nbench_parser: %s: %s\n", SLICE_ARG(message), adapter->name,
            what);
    exit(1);
}

static void *
open_adapter(const struct adapter *adapter)
{
    void *parser = adapter->open(adapter->argument);

    if (parser == NULL)
        give_up(adapter, SLICE(""), "cannot be opened");
    return parser;
}

static void
agree_about(const struct adapter *reference, void *ours, const struct adapter *adapter,
            void *theirs, struct slice message)
{
    struct extract expected = { .contacts = 0 }, found = { .contacts = 0 };
    const char *what;

    if (!reference->read(ours, message, &expected))
        give_up(reference, message, "refuses this");
    if (!adapter->read(theirs, message, &found))
        give_up(adapter, message, "refuses this");
    if (!adapter->is_floor && !extract_same(&expected, &found, &what))
        give_up(adapter, message, what);
    adapter->forget(theirs);
    reference->forget(ours);
}

void
agree(const struct input *input)
{
    const struct adapter *reference = adapter_at(0), *adapter;
    void *ours = open_adapter(reference);

    for (size_t n = 0; (adapter = adapter_at(n)) != NULL; n++) {
        void *theirs = open_adapter(adapter);

        for (size_t i = 0; i < input->count; i++)
            agree_about(reference, ours, adapter, theirs, input->message[i]);
        adapter->close(theirs);
    }
    reference->close(ours);
}

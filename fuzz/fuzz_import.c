/* A line of `sipsilo import`: what is accepted exports as a line that imports the same.
 * */
#include "src/cli/message_json.h"

#include "fuzz/fuzz.h"

#include <stdlib.h>

enum {
    LOAD = JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, /* as src/cli/import.c has it */
};

static void
expect_same_record(const struct record *a, const struct record *b)
{
    struct slice left = fuzz_room(record_size(a));
    struct slice right = fuzz_room(record_size(b));

    record_encode(a, (char *)(uintptr_t)left.at);
    record_encode(b, (char *)(uintptr_t)right.at);
    expect_same(left, right, "imported record");
    fuzz_free(left);
    fuzz_free(right);
}

static void
check_export(const struct record *record)
{
    static struct message_json_memory *memory;
    json_t *whole = message_json_whole(record), *loaded;
    char *line = json_dumps(whole, JSON_COMPACT), why[MESSAGE_WHY] = "";
    json_error_t error;
    struct record again;

    if (memory == NULL)
        memory = message_json_memory_new();
    expect(memory != NULL && whole != NULL && line != NULL, "a record can be exported");
    loaded = json_loadb(line, strlen(line), LOAD, &error);
    expect(loaded != NULL, "what is exported is JSON");
    if (!message_json_read(loaded, memory, &again, why))
        fuzz_fail("what is exported is imported", why);
    expect_same_record(record, &again);
    json_decref(loaded);
    json_decref(whole);
    free(line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct message_json_memory *memory;
    char why[MESSAGE_WHY] = "";
    json_error_t error;
    struct record record;
    json_t *object = json_loadb((const char *)data, size, LOAD, &error);

    if (memory == NULL)
        memory = message_json_memory_new();
    expect(memory != NULL, "out of memory");
    if (object != NULL && message_json_read(object, memory, &record, why))
        check_export(&record);
    else
        expect(object == NULL || why[0] != '\0', "what is refused has a reason");
    json_decref(object);
    return 0;
}

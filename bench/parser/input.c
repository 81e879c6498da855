#include "bench/parser/input.h"

#include "bench/parser/mix.h"
#include "parser/message.h"

#include <stdio.h>
#include <stdlib.h>

enum {
    MIX_COUNT = 512,
    MIX_SEED = 3428,
    FILE_BYTES_MAX = 8192,
    ALIGNMENT = 64,
};

const char *
input_name(size_t n)
{
    static const char *const names[] = { "message", "register", "invite", "folded",
                                         "mix512" };

    return n < sizeof names / sizeof names[0] ? names[n] : NULL;
}

static void
give_up(const char *name, const char *why)
{
    fprintf(stderr, "bench_parser: input %s: %s\n", name, why);
    exit(1);
}

/* Room for so many messages of so many octets at most. */
static struct input
make(const char *name, size_t count, size_t most)
{
    size_t slot = (most + MESSAGE_SLACK + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    struct input input = { .name = name, .count = count };

    input.message = calloc(count, sizeof *input.message);
    input.memory = aligned_alloc(ALIGNMENT, count * slot);
    if (input.message == NULL || input.memory == NULL)
        give_up(name, "no memory");
    memset(input.memory, 0, count * slot);
    for (size_t i = 0; i < count; i++)
        input.message[i] = slice_of(input.memory + i * slot, 0);
    return input;
}

static struct input
read_file(const char *name)
{
    struct input input = make(name, 1, FILE_BYTES_MAX);
    char path[128];
    FILE *file;

    snprintf(path, sizeof path, "bench/corpus/%s.sip", name);
    file = fopen(path, "rb");
    if (file == NULL)
        give_up(name, "not in bench/corpus; run it from the root of the source");
    input.message[0].len = fread(input.memory, 1, FILE_BYTES_MAX, file);
    fclose(file);
    input.bytes = input.message[0].len;
    return input;
}

static struct input
make_mix(const char *name)
{
    struct input input = make(name, MIX_COUNT, MIX_BYTES_MAX);
    struct random random;

    random_seed(&random, MIX_SEED);
    for (size_t i = 0; i < input.count; i++) {
        input.message[i].len = mix_write(&random, (char *)input.message[i].at);
        input.bytes += input.message[i].len;
    }
    return input;
}

struct input
input_open(const char *name)
{
    for (size_t n = 0; input_name(n) != NULL; n++)
        if (strcmp(input_name(n), name) == 0)
            return strcmp(name, "mix512") == 0 ? make_mix(name) : read_file(name);
    give_up(name, "there is no such input");
    return (struct input){ 0 };
}

void
input_close(struct input *input)
{
    free(input->message);
    free(input->memory);
}

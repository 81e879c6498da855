#include "bench/core/path.h"

#include "bench/core/counted.h"
#include "bench/parser/input.h"

#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct input input;
    struct message message;
};

static void *
open_input(const char *name)
{
    struct reading *reading = calloc(1, sizeof *reading);

    if (reading == NULL)
        abort();
    reading->input = input_open(name);
    return reading;
}

static void *
open_message(void)
{
    return open_input("message");
}

static void *
open_register(void)
{
    return open_input("register");
}

static void *
open_mix(void)
{
    return open_input("mix512");
}

static void
step(void *self, uint32_t n)
{
    struct reading *reading = self;
    const struct input *input = &reading->input;

    if (call_parse(&reading->message, input->message[n % input->count]) == PARSE_OK)
        return;
    fprintf(stderr, "bench_core: %s is refused\n", input->name);
    exit(1);
}

static void
close_input(void *self)
{
    struct reading *reading = self;

    input_close(&reading->input);
    free(reading);
}

#define READS .parses = true, .each = 1, .step = step, .close = close_input

const struct path parser_paths[] = {
    {
        .name = "parse-message",
        .what = "a MESSAGE is read",
        READS,
        .warm = 1,
        .counted = 64,
        .open = open_message,
    },
    {
        .name = "parse-register",
        .what = "a REGISTER with two contacts is read",
        READS,
        .warm = 1,
        .counted = 64,
        .open = open_register,
    },
    {
        .name = "parse-mix",
        .what = "one of 512 different requests is read",
        READS,
        .warm = 512,
        .counted = 512,
        .open = open_mix,
    },
    { 0 },
};

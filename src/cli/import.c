#include "src/cli/command.h"

#include "src/cli/message_json.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

enum {
    LINE_MAX_BYTES = 1024 * 1024,
    BATCH_PUTS = 256,
    BATCH_BYTES = 1024 * 1024,
};

struct import {
    const struct command *c;
    FILE *in;
    char *line; /* owned */
    size_t len;
    uint64_t number;                    /* of the line */
    struct message_json_memory *memory; /* owned */
    struct batch batch;
    uint64_t numbers[BATCH_PUTS]; /* the lines of the batch's puts */
    uint64_t stored, known, expired, refused;
    bool failed; /* what lies behind this line is not looked at */
};

enum line_kind {
    LINE_WHOLE,
    LINE_TOO_LONG, /* read to its end; its bytes are not all there */
    LINE_END,      /* of the file, or it cannot be read */
};

static enum line_kind
next_line(struct import *i)
{
    bool is_long = false;
    int c;

    i->len = 0;
    i->number++;
    while ((c = getc_unlocked(i->in)) != EOF && c != '\n') {
        if (i->len < LINE_MAX_BYTES)
            i->line[i->len++] = (char)c;
        else
            is_long = true;
    }
    if (c == EOF && (i->len == 0 || ferror(i->in)))
        return LINE_END;
    return is_long ? LINE_TOO_LONG : LINE_WHOLE;
}

static void
refuse(struct import *i, uint64_t number, const char *why)
{
    i->refused++;
    command_fail(i->c, "line %" PRIu64 ": %s", number, why);
}

static void
count_put(struct import *i, const struct put *put, uint64_t number)
{
    switch (put->result) {
    case PUT_STORED:
        i->stored++;
        break;
    case PUT_REPEATED:
        i->known++;
        break;
    case PUT_AOR_FULL:
        refuse(i, number,
               "its address of record has reached msilo.max_messages or"
               " msilo.max_bytes");
        break;
    case PUT_NO_SPACE:
        refuse(i, number, "the store is full");
        i->failed = true;
        break;
    }
}

static void
commit(struct import *i)
{
    if (i->batch.put_count > 0) {
        if (store_commit(i->c->store, &i->batch, i->c->now_s) != STORE_OK) {
            command_store_failed(i->c, "storing");
            i->failed = true;
        } else {
            for (size_t n = 0; n < i->batch.put_count; n++)
                count_put(i, &i->batch.puts[n], i->numbers[n]);
        }
    }
    batch_reset(&i->batch);
}

static void
put(struct import *i, const struct record *record)
{
    struct put *put = batch_put(&i->batch, record);

    if (put == NULL) {
        command_fail(i->c, "line %" PRIu64 ": out of memory", i->number);
        i->failed = true;
        return;
    }
    put->max_messages = i->c->max_messages;
    put->max_bytes = i->c->max_bytes;
    put->remember = true;
    i->numbers[i->batch.put_count - 1] = i->number;
    if (i->batch.put_count == BATCH_PUTS || i->batch.bytes >= BATCH_BYTES)
        commit(i);
}

static void
import_line(struct import *i)
{
    struct record record;
    json_error_t error;
    char why[MESSAGE_WHY];
    json_t *object =
        json_loadb(i->line, i->len, JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, &error);

    if (object == NULL)
        refuse(i, i->number, "not one JSON object");
    else if (!message_json_read(object, i->memory, &record, why))
        refuse(i, i->number, why);
    else if (record.exp_time_s <= i->c->now_s)
        i->expired++;
    else
        put(i, &record);
    json_decref(object);
}

static void
import_lines(struct import *i)
{
    enum line_kind kind;

    while (!i->failed && (kind = next_line(i)) != LINE_END) {
        if (kind == LINE_TOO_LONG)
            refuse(i, i->number, "longer than 1 MiB");
        else if (slice_trim(slice_of(i->line, i->len)).len > 0)
            import_line(i);
    }
    if (ferror(i->in)) {
        command_fail(i->c, "reading: %s", strerror(errno));
        i->failed = true;
    }
    commit(i); /* what was read before is good */
}

int
import_run(const struct command *c, FILE *in)
{
    struct import i = { .c = c, .in = in };
    int code;

    i.line = malloc(LINE_MAX_BYTES);
    i.memory = message_json_memory_new();
    batch_init(&i.batch);
    if (i.line == NULL || i.memory == NULL) {
        command_fail(c, "out of memory");
        i.failed = true;
    } else {
        import_lines(&i);
        fprintf(c->out,
                "%" PRIu64 " stored, %" PRIu64 " known already, %" PRIu64
                " expired, %" PRIu64 " refused\n",
                i.stored, i.known, i.expired, i.refused);
    }
    code = i.failed || i.refused > 0 ? COMMAND_FAILED : COMMAND_OK;
    free(i.line);
    message_json_memory_free(i.memory);
    batch_free(&i.batch);
    return command_flush(c) == COMMAND_OK ? code : COMMAND_FAILED;
}

#include "tests/verdicts.h"

#include "parser/params.h"
#include "tests/exact.h"

#include <stdarg.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

enum {
    FILE_MAX = 128 * 1024,
};

static struct slice
read_file(const char *path)
{
    static char buffer[FILE_MAX];
    FILE *file = fopen(path, "rb");
    size_t len;

    if (file == NULL)
        fail_msg("%s cannot be read", path);
    len = fread(buffer, 1, sizeof buffer, file);
    assert_true(len < sizeof buffer);
    fclose(file);
    return exact(slice_of(buffer, len));
}

void
verdicts_open(struct verdicts *v)
{
    *v = (struct verdicts){ .text = read_file("tests/torture/verdicts") };
    v->rest = v->text;
}

void
verdicts_close(struct verdicts *v)
{
    exact_free(v->text);
    exact_free(v->message);
}

static struct slice
take_word(struct slice *rest)
{
    struct slice word;

    if (!slice_cut(*rest, ' ', &word, rest)) {
        word = *rest;
        *rest = slice_skip(*rest, rest->len);
    }
    return word;
}

static void
read_verdict(struct slice line, struct verdict *out)
{
    struct slice transport, parse;

    out->name = take_word(&line);
    transport = take_word(&line);
    parse = take_word(&line);
    out->statuses = take_word(&line);
    out->fields = line;
    out->on_udp = !slice_equal(transport, SLICE("tcp"));
    out->on_tcp = !slice_equal(transport, SLICE("udp"));
    out->parse = slice_equal(parse, SLICE("ok"))    ? VERDICT_OK
                 : slice_equal(parse, SLICE("bad")) ? VERDICT_BAD
                                                    : VERDICT_ANY;
}

bool
verdicts_next(struct verdicts *v, struct verdict *out)
{
    struct slice line = slice_absent();
    char path[128];

    do
        if (!slice_cut(v->rest, '\n', &line, &v->rest))
            return false;
    while (line.len == 0 || line.at[0] == '#');
    read_verdict(line, out);
    exact_free(v->message);
    snprintf(path, sizeof path, "tests/torture/%.*s.sip", SLICE_ARG(out->name));
    v->message = out->message = read_file(path);
    return true;
}

bool
verdict_field_next(struct slice *rest, struct slice *name, struct slice *value)
{
    if (rest->len == 0)
        return false;
    return slice_cut(take_word(rest), '=', name, value);
}

long
verdict_note(const struct verdict *verdict, struct slice name, long otherwise)
{
    struct slice rest = verdict->fields, each, value;
    uint32_t number;

    while (verdict_field_next(&rest, &each, &value))
        if (each.at[0] == '@' && slice_equal(slice_skip(each, 1), name) &&
            number_parse(value, &number))
            return number;
    return otherwise;
}

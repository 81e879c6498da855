/* This parser beside another one: where they disagree, and on what.
 *
 * Two parsers disagree often, and most of it is known after a minute. So the target goes
 * on: the first input of each kind of disagreement is kept in a file named by the kind,
 * in build/fuzz/disagreements (COMPARE_FOLDER), and all are counted at the end. With
 * COMPARE_STOP set to a kind, "From tag", that one ends the run, so that the fuzzer can
 * minimise it.
 */
#include "fuzz/adapter.h"

#include "fuzz/fuzz.h"
#include "parser/message.h"
#include "parser/scan.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

enum {
    KINDS_MAX = 128,
    KIND_ROOM = 96,
    TEXT_ROOM = MESSAGE_BYTES_MAX + 1,
};

static struct kind {
    char name[KIND_ROOM];
    unsigned long count;
} kinds[KINDS_MAX];

static unsigned long compared;
static struct message m;

static const char *const field_names[ADAPTER_FIELDS] = {
    [ADAPTER_METHOD] = "method",
    [ADAPTER_STATUS] = "status",
    [ADAPTER_USER] = "user of Request-URI",
    [ADAPTER_HOST] = "host of Request-URI",
    [ADAPTER_CALL_ID] = "Call-ID",
    [ADAPTER_CSEQ] = "CSeq number",
    [ADAPTER_CSEQ_METHOD] = "CSeq method",
    [ADAPTER_FROM_TAG] = "From tag",
    [ADAPTER_TO_TAG] = "To tag",
    [ADAPTER_VIA_HOST] = "host of Via",
    [ADAPTER_VIA_BRANCH] = "branch of Via",
    [ADAPTER_BODY] = "body",
};

/* ---- what was found ---- */

static const char *
from_environment(const char *name, const char *otherwise)
{
    const char *value = getenv(name);

    return value == NULL ? otherwise : value;
}

static void
print_kinds(void)
{
    fprintf(stderr, "%lu inputs compared with %s; disagreements:\n", compared,
            adapter_name);
    for (int i = 0; i < KINDS_MAX && kinds[i].count > 0; i++)
        fprintf(stderr, "%10lu  %s\n", kinds[i].count, kinds[i].name);
}

static void
keep(const char *name, struct slice input)
{
    const char *folder = from_environment("COMPARE_FOLDER", "build/fuzz/disagreements");
    char path[4096];
    FILE *file;

    mkdir(folder, 0777);
    snprintf(path, sizeof path, "%s/%s", folder, name);
    for (char *c = path + strlen(folder) + 1; *c != '\0'; c++)
        if (*c == ' ' || *c == '/' || *c == ':')
            *c = '-';
    file = fopen(path, "wb");
    if (file == NULL)
        return;
    fwrite(input.at, 1, input.len, file);
    fclose(file);
}

static void
disagree(const char *on, const char *more, struct slice input)
{
    char name[KIND_ROOM];
    int i = 0;

    snprintf(name, sizeof name, "%s%s", on, more);
    while (i < KINDS_MAX - 1 && kinds[i].count > 0 && strcmp(kinds[i].name, name) != 0)
        i++;
    if (kinds[i].count++ == 0) {
        memcpy(kinds[i].name, name, sizeof name);
        keep(name, input);
    }
    if (strcmp(from_environment("COMPARE_STOP", ""), name) == 0)
        fuzz_fail("disagreement", name);
}

/* ---- what this parser says ---- */

static struct slice
decoded(struct slice text, char out[TEXT_ROOM])
{
    size_t len = 0;

    for (size_t i = 0; i < text.len; i++) {
        char octet = text.at[i];

        if (octet == '%' && text.len - i >= 3) {
            octet = (char)(scan_hex_digit(text.at[i + 1]) << 4 |
                           scan_hex_digit(text.at[i + 2]));
            i += 2;
        }
        out[len++] = octet;
    }
    return slice_is_absent(text) ? text : slice_of(out, len);
}

static struct slice
without_brackets(struct slice host)
{
    return host.len >= 2 && host.at[0] == '[' ? slice_of(host.at + 1, host.len - 2)
                                              : host;
}

static struct slice
number(unsigned long value, char out[TEXT_ROOM])
{
    return slice_of(out, (size_t)snprintf(out, TEXT_ROOM, "%lu", value));
}

static struct slice
field_of(enum adapter_field field, char out[TEXT_ROOM])
{
    switch (field) {
    case ADAPTER_METHOD:
        return m.method_name;
    case ADAPTER_STATUS:
        return m.is_request ? slice_absent() : number(m.status, out);
    case ADAPTER_USER:
        return decoded(m.target.user, out);
    case ADAPTER_HOST:
        return without_brackets(m.target.host);
    case ADAPTER_CALL_ID:
        return m.call_id;
    case ADAPTER_CSEQ:
        return number(m.cseq, out);
    case ADAPTER_CSEQ_METHOD:
        return m.cseq_method;
    case ADAPTER_FROM_TAG:
        return m.from.tag;
    case ADAPTER_TO_TAG:
        return m.to.tag;
    case ADAPTER_VIA_HOST:
        return without_brackets(m.via.host);
    case ADAPTER_VIA_BRANCH:
        return m.via.branch;
    case ADAPTER_BODY:
    case ADAPTER_FIELDS:
        break;
    }
    return m.body;
}

static void
compare_fields(const struct adapter_message *theirs, struct slice input)
{
    static char text[TEXT_ROOM];

    for (int i = 0; i < ADAPTER_FIELDS; i++) {
        struct slice ours = field_of((enum adapter_field)i, text);

        if (theirs->is_said[i] &&
            (slice_is_absent(ours) != slice_is_absent(theirs->field[i]) ||
             !slice_equal(ours, theirs->field[i])))
            disagree(field_names[i], "", input);
    }
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice input = fuzz_copy(fuzz_input(data, size), MESSAGE_SLACK);
    struct adapter_message theirs = { .is_said = { false } };
    bool is_ours_ok = message_parse(&m, input, MESSAGE_DATAGRAM) == PARSE_OK;
    bool is_theirs_ok = adapter_parse(input, &theirs);

    if (compared++ == 0)
        atexit(print_kinds);
    if (is_ours_ok && is_theirs_ok)
        compare_fields(&theirs, input);
    else if (is_ours_ok)
        disagree("only here accepted", "", input);
    else if (is_theirs_ok)
        disagree("only there accepted: ", m.why, input);
    fuzz_free(input);
    return 0;
}

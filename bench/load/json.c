#include "bench/load/json.h"

/* Octets beyond ASCII are written as they are: what is no UTF-8 comes from the command line
 * alone. */
static void
write_text(FILE *out, const char *text)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;

        if (c < ' ')
            fprintf(out, "\\u%04x", c);
        else if (c == '"' || c == '\\')
            fprintf(out, "\\%c", c);
        else
            fputc(c, out);
    }
    fputc('"', out);
}

static void
begin(struct json *json, const char *name)
{
    if (json->filled)
        fputc(',', json->out);
    if (json->depth > 0)
        fprintf(json->out, "\n%*s", 2 * (int)json->depth, "");
    if (name != NULL) {
        write_text(json->out, name);
        fputs(": ", json->out);
    }
    json->filled = true;
}

void
json_open(struct json *json, const char *name, char bracket)
{
    begin(json, name);
    fputc(bracket, json->out);
    json->depth++;
    json->filled = false;
}

void
json_close(struct json *json, char bracket)
{
    json->depth--;
    if (json->filled)
        fprintf(json->out, "\n%*s", 2 * (int)json->depth, "");
    fputc(bracket, json->out);
    json->filled = true;
    if (json->depth == 0)
        fputc('\n', json->out);
}

void
json_text(struct json *json, const char *name, const char *value)
{
    begin(json, name);
    write_text(json->out, value);
}

void
json_count(struct json *json, const char *name, uint64_t value)
{
    begin(json, name);
    fprintf(json->out, "%llu", (unsigned long long)value);
}

/* The locale is never set: the point is a point. */
void
json_number(struct json *json, const char *name, double value)
{
    begin(json, name);
    fprintf(json->out, "%.9g", value);
}

void
json_truth(struct json *json, const char *name, bool value)
{
    begin(json, name);
    fputs(value ? "true" : "false", json->out);
}

/* json - writes one object, comma by comma.
 *
 *     json_open(&json, NULL, '{');
 *     json_text(&json, "name", "value");
 *     json_close(&json, '}');
 *
 * Within an array the name is NULL.
 */
#ifndef BENCH_LOAD_JSON_H
#define BENCH_LOAD_JSON_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct json {
    FILE *out;
    unsigned depth;
    bool filled; /* something stands before, on this level */
};

void
json_open(struct json *json, const char *name, char bracket);
void
json_close(struct json *json, char bracket);

void
json_text(struct json *json, const char *name, const char *value);
void
json_count(struct json *json, const char *name, uint64_t value);
void
json_number(struct json *json, const char *name, double value);
void
json_truth(struct json *json, const char *name, bool value);

#endif

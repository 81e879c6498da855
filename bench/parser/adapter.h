/* adapter - one parser as the benchmark sees it.
 *
 * To measure a parser of your own beside the others write bench/parser/mine.c, name it in the
 * list of bench/parser/adapters.c and its libraries in the Makefile:
 *
 *     static bool
 *     read_message(void *parser, struct slice bytes, struct extract *out)
 *     {
 *         struct mine *mine = parser;
 *
 *         if (!mine_parse(mine, bytes.at, bytes.len))
 *             return false;
 *         out->method = slice_of(mine->method, mine->method_len);
 *         ... every other member of struct extract
 *         return true;
 *     }
 *
 *     const struct adapter adapter_mine = {
 *         .name = "mine",
 *         .open = open_mine,
 *         .read = read_message,
 *         .forget = forget,
 *         .close = close_mine,
 *     };
 *
 * Before anything is timed its values are compared with those of sipsilo's scalar parser.
 */
#ifndef BENCH_PARSER_ADAPTER_H
#define BENCH_PARSER_ADAPTER_H

#include "bench/parser/extract.h"

struct adapter {
    const char *name;
    const void *argument; /* given to open */

    /* What the parser needs for all messages, made once and not timed. NULL: cannot. */
    void *(*open)(const void *argument);

    /* Timed. Parses one message, which is not its to change or keep, and sets all of *out.
     * MESSAGE_SLACK readable octets lie behind it. What *out held before is of the message
     * before, or zero. False where the parser refuses it. */
    bool (*read)(void *parser, struct slice bytes, struct extract *out);

    /* Timed. Frees what read made; called after each, and after one that failed. */
    void (*forget)(void *parser);

    void (*close)(void *parser);

    bool is_floor; /* looks at the octets and extracts nothing */
};

/* All of them: sipsilo's variants first, the scalar one at 0, then the peers that were found
 * when this was built, then the floors. NULL behind the last. */
const struct adapter *
adapter_at(size_t n);

/* The one of that name; NULL without. */
const struct adapter *
adapter_named(const char *name);

#endif

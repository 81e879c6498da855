/* each_variant - the tests of one program, run for every variant of the parser.
 *
 *     while (variant_next())
 *         failed += cmocka_run_group_tests(tests, NULL, NULL);
 *
 * In the tests variant_parse stands for message_parse. What exact() copies has behind it as
 * many octets as the variant may load, and nothing more: the sanitizer sees one that reads
 * further, and whoever uses what lies there answers one way today and another way tomorrow.
 */
#ifndef TESTS_EACH_VARIANT_H
#define TESTS_EACH_VARIANT_H

#include "parser/message.h"

/* Turns to the next variant, the scalar one first. False behind the last. */
bool
variant_next(void);

enum parse_status
variant_parse(struct message *m, struct slice bytes, enum message_framing framing);

/* "avx2", for the label of a row. */
const char *
variant_name(void);

#endif

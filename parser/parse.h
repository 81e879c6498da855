/* parse - the three answers of every parser.
 *
 * PARSE_PARTIAL is given on streams alone: more bytes may help. PARSE_BAD never changes
 * with more bytes; the message says why in words fit for a reason phrase.
 */
#ifndef PARSER_PARSE_H
#define PARSER_PARSE_H

enum parse_status {
    PARSE_OK,
    PARSE_PARTIAL,
    PARSE_BAD,
};

#endif

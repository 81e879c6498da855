/* The grammar, compiled once more over the loops of parser/scan_avx2.h, as one unit: what is
 * called from here alone goes where it is called. Compiled with -mavx2 -mbmi -mbmi2 where the
 * machine is an x86-64; elsewhere it is empty.
 *
 * So in the files that are included below an external function needs a second name in the list
 * here, and no two statics, enums or macros of theirs may have one name. What looks into text
 * that a parser has accepted stays out of them (parser/accepted.c). */
#if defined __x86_64__ && defined __AVX2__ && defined __BMI__ && defined __BMI2__

#define PARSER_AVX2

/* Every function of the grammar has a second name here, and its header declares that. */
#define params_take          params_take_avx2
#define params_take_plain    params_take_plain_avx2
#define params_unquoted      params_unquoted_avx2
#define list_cut             list_cut_avx2
#define host_take            host_take_avx2
#define port_take            port_take_avx2
#define uri_parse            uri_parse_avx2
#define uri_take             uri_take_avx2
#define via_parse            via_parse_avx2
#define name_addr_parse      name_addr_parse_avx2
#define name_addr_head       name_addr_head_avx2
#define name_addr_param      name_addr_param_avx2
#define contact_cut          contact_cut_avx2
#define contact_take         contact_take_avx2
#define cseq_parse           cseq_parse_avx2
#define lines_next           lines_next_avx2
#define lines_read           lines_read_avx2
#define lines_plain          lines_plain_avx2
#define lines_length         lines_length_avx2
#define lines_blank          lines_blank_avx2
#define start_line_parse     start_line_parse_avx2
#define start_line_plain     start_line_plain_avx2
#define method_of            method_of_avx2
#define method_name          method_name_avx2
#define message_parse_scalar message_parse_avx2

#include "parser/avx2.h"

#include "parser/header_avx2.h" /* before the name below is taken */
#include "parser/start_line.h"

/* Pieces of code that are not called often enough for a call to matter, and within which every
 * call would; and what is rare, which stays out of them. */
#define ONE_PIECE __attribute__((flatten, noinline))
#define RARE      __attribute__((cold, noinline))
ONE_PIECE enum parse_status
via_parse(struct slice, struct via *, const char **);
ONE_PIECE enum parse_status
name_addr_parse(struct slice, struct name_addr *, const char **);
ONE_PIECE enum contact_taken
contact_take(struct slice *, struct contact *);
ONE_PIECE static int16_t
index_plain_lines(struct message *, struct slice *, int16_t);
ONE_PIECE enum parse_status
message_parse_scalar(struct message *, struct slice, enum message_framing);
RARE enum line_kind
lines_next(struct slice *, struct header_line *);
RARE void
start_line_parse(struct slice, struct start_line *);

#define header_id_of header_id_fast
#include "parser/params.c"
#include "parser/sent_by.c"
#include "parser/uri.c"
#include "parser/via.c"
#include "parser/name_addr.c"
#include "parser/contact.c"
#include "parser/cseq.c"
#include "parser/start_line.c"
#include "parser/lines.c"
#include "parser/method.c"
#include "parser/message.c"

_Static_assert((int)SCAN_SLACK <= (int)MESSAGE_SLACK,
               "what is loaded behind a message is readable");

static const struct variant avx2 = {
    .name = "avx2",
    .parse = message_parse_avx2,
    .slack = MESSAGE_SLACK,
};

const struct variant *
avx2_prepare(void)
{
    scan_prepare();
    names_prepare();
    return &avx2;
}

#else

#include "parser/avx2.h"

const struct variant *
avx2_prepare(void)
{
    return NULL;
}

#endif

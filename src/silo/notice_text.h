/* notice_text - the template of a notice's body, filled in.
 *
 * $rU $rd $ru are user, domain and URI of whom the message was for, $fu and $tu its From and
 * To URI, $T the date; "$$" is one '$'. The names are Kamailio's pseudo-variables.
 */
#ifndef SILO_NOTICE_TEXT_H
#define SILO_NOTICE_TEXT_H

#include "parser/writer.h"

struct notice_words {
    struct slice aor; /* canonical */
    struct slice r_uri, from_uri, to_uri;
    int64_t now_s;
};

void
notice_expand(struct writer *w, struct slice text, const struct notice_words *words);

#endif

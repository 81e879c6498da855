/* cseq - CSeq (RFC 3261 20.16). */
#ifndef PARSER_CSEQ_H
#define PARSER_CSEQ_H

#include "parser/slice.h"

#include <stdint.h>

/* 1*DIGIT LWS Method; the number is below 2^31 (8.1.1.5). Outputs are written on success. */
bool
cseq_parse(struct slice value, uint32_t *number, struct slice *method);

#endif

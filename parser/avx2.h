/* avx2 - the variant with inner loops of 32 octets, for x86-64 CPUs with AVX2 and BMI2. */
#ifndef PARSER_AVX2_H
#define PARSER_AVX2_H

#include "parser/variant.h"

/* NULL where this machine cannot run it, or it was not compiled. */
const struct variant *
avx2_variant(void);

#endif

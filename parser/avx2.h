/* avx2 - the variant with inner loops of 32 octets, for x86-64 CPUs with AVX2, BMI and BMI2. */
#ifndef PARSER_AVX2_H
#define PARSER_AVX2_H

#include "parser/variant.h"

/* Fills its tables; once, on a CPU that has all these. NULL where it was not compiled. */
const struct variant *
avx2_prepare(void);

#endif

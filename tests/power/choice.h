/* choice - the images of a cut, by number.
 *
 * Shape   Number 0: all came. Number 1: nothing did. Then, of the pending ones in order, each
 *         beginning of them; all but one; one alone; one torn among all and among none. Where
 *         so many are asked for, each of these is there once, and what is left is chance, each
 *         pending one by itself; where there are more, all but the first two are drawn.
 *         The same seed, cut and number are the same image.
 */
#ifndef TESTS_POWER_CHOICE_H
#define TESTS_POWER_CHOICE_H

#include "tests/power/cut.h"

/* How many images of a cut have a pattern: 1 where nothing is open. */
uint32_t
choice_regular(const struct cut *cut);

/* The image of that number, when `per_cut` are made. */
void
choice_make(struct cut_choice *choice, const struct cut *cut, uint64_t seed,
            uint32_t number, uint32_t per_cut);

void
choice_free(struct cut_choice *choice);

/* In words: what was pending and what became of it. */
void
choice_tell(const struct cut_choice *choice, const struct cut *cut, char *out,
            size_t room);

#endif

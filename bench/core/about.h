/* about - what the number of instructions depends on beside the source. */
#ifndef BENCH_CORE_ABOUT_H
#define BENCH_CORE_ABOUT_H

/* One line: machine, compiler and its flags, libc, LMDB. */
void
about_print(void);

#endif

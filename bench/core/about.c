#include "bench/core/about.h"

#include <gnu/libc-version.h>
#include <lmdb.h>
#include <stdio.h>
#include <sys/utsname.h>

/* The Makefile gives it: a compiler does not tell. */
#ifndef BUILD_FLAGS
#define BUILD_FLAGS "unknown flags"
#endif

void
about_print(void)
{
    struct utsname machine;
    int major, minor, patch;

    mdb_version(&major, &minor, &patch);
    printf("%s, compiler %s %s, glibc %s, LMDB %d.%d.%d\n",
           uname(&machine) == 0 ? machine.machine : "?", __VERSION__, BUILD_FLAGS,
           gnu_get_libc_version(), major, minor, patch);
}

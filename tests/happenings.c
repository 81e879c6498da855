#include "tests/happenings.h"

#include <stdio.h>

static const char *const names[HAPPENINGS] = {
    [HAPPENED_STEP] = "steps",
    [HAPPENED_KILL] = "kills",
    [HAPPENED_STOP] = "stops",
    [HAPPENED_DATAGRAM] = "datagrams",
    [HAPPENED_LOST] = "lost",
    [HAPPENED_DOUBLED] = "doubled",
    [HAPPENED_OVERTAKEN] = "overtaken",
    [HAPPENED_BREAK] = "broken connections",
    [HAPPENED_LIE] = "lies of phones",
    [HAPPENED_JUMP] = "jumps of the clock",
    [HAPPENED_COMMIT] = "commits",
    [HAPPENED_FAILED_COMMIT] = "failed",
    [HAPPENED_LIED_COMMIT] = "done and reported as failed",
    [HAPPENED_EARLY_COMMIT] = "safe early",
    [HAPPENED_LATE_FAILURE] = "and failed late",
    [HAPPENED_FAILED_READ] = "failed reads",
    [HAPPENED_TIDY] = "steps of tidying",
    [HAPPENED_TWOFOLD] = "stored once more after a jump",
};

void
happenings_add(struct happenings *to, const struct happenings *more)
{
    for (int i = 0; i < HAPPENINGS; i++)
        to->counts[i] += more->counts[i];
}

const char *
happenings_text(const struct happenings *h)
{
    static char out[64 * HAPPENINGS];
    int len = 0;

    out[0] = '\0';
    for (int i = 0; i < HAPPENINGS; i++)
        if (h->counts[i] > 0)
            len += snprintf(out + len, sizeof out - (size_t)len, "%s%llu %s",
                            len == 0 ? "" : ", ", (unsigned long long)h->counts[i],
                            names[i]);
    return out;
}

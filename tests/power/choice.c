#include "tests/power/choice.h"
#include "tests/random.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What is open of a cut: numbers of the pending ones that are not sure. */
struct open {
    uint32_t *all; /* owned */
    uint32_t count;
};

enum pattern {
    FIRST_ONES,
    ALL_BUT_ONE,
    ONE_ALONE,
    ONE_TORN_AMONG_ALL,
    ONE_TORN_AMONG_NONE,
    PATTERNS,
};

static struct open
open_of(const struct cut *cut)
{
    struct open open = { calloc(cut->count + 1, sizeof *open.all), 0 };

    assert(open.all != NULL);
    for (uint32_t i = 0; i < cut->count; i++)
        if (!cut->pending[i].is_sure)
            open.all[open.count++] = i;
    return open;
}

static void
follow(struct cut_choice *choice, const struct open *open, enum pattern pattern,
       uint32_t which)
{
    bool others_came = pattern == ALL_BUT_ONE || pattern == ONE_TORN_AMONG_ALL;
    enum cut_came one = pattern == ALL_BUT_ONE ? CUT_LOST
                        : pattern == ONE_ALONE ? CUT_CAME
                                               : CUT_TORN;

    for (uint32_t i = 0; i < open->count; i++) {
        enum cut_came how = others_came ? CUT_CAME : CUT_LOST;

        if (pattern == FIRST_ONES)
            how = i <= which ? CUT_CAME : CUT_LOST;
        else if (i == which)
            how = one;
        choice->came[open->all[i]] = (uint8_t)how;
    }
}

/* Nearly all, about half or nearly none: a fair coin for each would try only the middle. */
static void
take_chances(struct cut_choice *choice, const struct open *open, struct random *random)
{
    uint32_t lost = 50 + random_below(random, 900), torn = random_below(random, 500);

    for (uint32_t i = 0; i < open->count; i++) {
        bool is_lost = random_chance(random, lost), is_torn = random_chance(random, torn);

        choice->came[open->all[i]] = is_torn ? CUT_TORN : is_lost ? CUT_LOST : CUT_CAME;
    }
}

uint32_t
choice_regular(const struct cut *cut)
{
    uint32_t open = 0;

    for (uint32_t i = 0; i < cut->count; i++)
        open += !cut->pending[i].is_sure;
    return open == 0 ? 1 : 2 + PATTERNS * open;
}

void
choice_make(struct cut_choice *choice, const struct cut *cut, uint64_t seed,
            uint32_t number, uint32_t per_cut)
{
    struct open open = open_of(cut);
    uint32_t regular = PATTERNS * open.count;
    struct random random;

    random_seed(&random, seed ^ (uint64_t)cut->at << 32 ^ number);
    *choice = (struct cut_choice){ .came = calloc(cut->count + 1, 1),
                                   .count = cut->count,
                                   .tear = random_next(&random) };
    assert(choice->came != NULL);
    choice->size = number == 0   ? CUT_SIZE_FITS
                   : number == 1 ? CUT_SIZE_OLD
                                 : (enum cut_size)random_below(&random, 3);
    choice->is_stale = number > 1 && random_chance(&random, 300);
    for (uint32_t i = 0; number == 1 && i < open.count; i++)
        choice->came[open.all[i]] = CUT_LOST;
    if (number > 1) {
        uint32_t drawn = number - 2;

        if (regular + 2 > per_cut && regular > 0)
            drawn = random_below(&random, regular + regular / 2 + 1);
        if (drawn < regular)
            follow(choice, &open, (enum pattern)(drawn % PATTERNS), drawn / PATTERNS);
        else
            take_chances(choice, &open, &random);
    }
    free(open.all);
}

void
choice_free(struct cut_choice *choice)
{
    free(choice->came);
}

static void
tell_event(const struct trace_event *event, char out[120])
{
    switch (event->kind) {
    case TRACE_WRITE:
        snprintf(out, 120, "%zu octets of file %d at %zu", event->len, event->node,
                 event->at);
        break;
    case TRACE_RESIZE:
        snprintf(out, 120, "length %zu of file %d", event->len, event->node);
        break;
    case TRACE_NAME:
        snprintf(out, 120, "name %s", event->name);
        break;
    case TRACE_MARK:
    case TRACE_SYNC:
        out[0] = '\0';
        break;
    }
}

void
choice_tell(const struct cut_choice *choice, const struct cut *cut, char *out,
            size_t room)
{
    static const char *const sizes[] = { "as came", "old", "new" };
    static const char *const hows[] = { "came", "lost", "torn" };
    size_t len;

    len = (size_t)snprintf(out, room, "length %s%s", sizes[choice->size],
                           choice->is_stale ? ", stale blocks" : "");
    for (uint32_t i = 0; i < cut->count && len < room; i++) {
        char what[120];

        tell_event(cut->pending[i].event, what);
        len +=
            (size_t)snprintf(out + len, room - len, "\n    %s %s", what,
                             cut->pending[i].is_sure ? "synced" : hows[choice->came[i]]);
    }
}

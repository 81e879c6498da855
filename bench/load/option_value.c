#include "bench/load/option_value.h"

#include "bench/load/clock.h"
#include "bench/load/usage.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

bool
option_refuse(const char *format, ...)
{
    va_list arguments;

    fputs("siload: ", stderr);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fputs("; siload --help tells more\n", stderr);
    return false;
}

bool
option_read_count(const char *what, const char *text, uint64_t least, uint64_t most,
                  uint64_t *out)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);

    if (*text < '0' || *text > '9' || *end != '\0' || value < least || value > most)
        return option_refuse("%s is %llu to %llu, not '%s'", what,
                             (unsigned long long)least, (unsigned long long)most, text);
    *out = value;
    return true;
}

bool
option_read_small(const char *what, const char *text, uint32_t least, uint32_t most,
                  uint32_t *out)
{
    uint64_t value = 0;

    if (!option_read_count(what, text, least, most, &value))
        return false;
    *out = (uint32_t)value;
    return true;
}

bool
option_read_real(const char *what, const char *text, double most, double *out)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end != '\0' || !(value > 0) || value > most)
        return option_refuse("%s is a number above 0, at most %.0f, not '%s'", what, most,
                             text);
    *out = value;
    return true;
}

bool
option_read_seconds(const char *what, const char *text, uint64_t *out_ns)
{
    double value = 0;

    /* 100 s are about what the stages of a transaction hold. */
    if (!option_read_real(what, text, 100, &value))
        return false;
    *out_ns = (uint64_t)(value * (double)NS_PER_S);
    return true;
}

bool
option_read_pids(const char *text, struct options *o)
{
    char *end;

    for (;; text = end + 1) {
        long pid = strtol(text, &end, 10);

        if (end == text || pid <= 0 || o->pids == OPTIONS_PIDS_MAX ||
            (*end != ',' && *end != '\0'))
            return option_refuse("-p is PID,PID and so on, not '%s'", text);
        if (!usage_of(&pid, 1).is_known)
            return option_refuse("-p %ld: there is no such process", pid);
        o->pid[o->pids++] = pid;
        if (*end == '\0')
            return true;
    }
}

static bool
read_weight(const char *text, size_t name_len, uint32_t *mix, const char **end)
{
    unsigned long weight = strtoul(text + name_len + 1, (char **)(uintptr_t)end, 10);

    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++) {
        const char *name = request_name((enum request_kind)kind);

        if (kind != REQUEST_UNREGISTER && strlen(name) == name_len &&
            memcmp(name, text, name_len) == 0 && weight <= 1000000) {
            mix[kind] = (uint32_t)weight;
            return *end > text + name_len + 1;
        }
    }
    return false;
}

bool
option_read_mix(const char *text, uint32_t mix[REQUEST_KINDS])
{
    const char *at = text;
    uint64_t sum = 0;

    memset(mix, 0, REQUEST_KINDS * sizeof mix[0]);
    for (;; at++) {
        size_t name_len = strcspn(at, "=");

        if (at[name_len] == '\0' || !read_weight(at, name_len, mix, &at) ||
            (*at != ',' && *at != '\0'))
            return option_refuse(
                "--mix is store=N,online=N,register=N,options=N, not '%s'", text);
        if (*at == '\0')
            break;
    }
    for (unsigned kind = 0; kind < REQUEST_KINDS; kind++)
        sum += mix[kind];
    return sum > 0 || option_refuse("--mix '%s' leaves nothing", text);
}

bool
option_read_run(const char *text, uint32_t *out)
{
    char *end;
    unsigned long value = strtoul(text, &end, 16);

    if (end == text || *end != '\0' || value > UINT32_MAX)
        return option_refuse("--run is up to eight hexadecimal digits, not '%s'", text);
    *out = (uint32_t)value;
    return true;
}

bool
option_read_transport(const char *text, bool *tcp)
{
    *tcp = strcmp(text, "tcp") == 0;
    return *tcp || strcmp(text, "udp") == 0 ||
           option_refuse("-t is udp or tcp, not '%s'", text);
}

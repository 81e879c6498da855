#include "bench/load/reply.h"

#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>

static char *
copy(char *to, struct slice text)
{
    memcpy(to, text.at, text.len);
    return to + text.len;
}

static struct slice
without_end(struct slice line)
{
    while (line.len > 0 &&
           (line.at[line.len - 1] == '\n' || line.at[line.len - 1] == '\r'))
        line.len--;
    return line;
}

static uint16_t
port_of(const struct sockaddr *source)
{
    return ntohs(source->sa_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)source)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)source)->sin_port);
}

static socklen_t
length_of(const struct sockaddr *source)
{
    return source->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
                                         : sizeof(struct sockaddr_in);
}

/* What was made of an address last: nearly all comes from one. */
static struct {
    struct sockaddr_storage source;
    char received[NI_MAXHOST + 16];
    char port[8];
} known;

static void
know(const struct sockaddr *source)
{
    char host[NI_MAXHOST];

    if (memcmp(&known.source, source, length_of(source)) == 0)
        return;
    memcpy(&known.source, source, length_of(source));
    if (getnameinfo(source, length_of(source), host, sizeof host, NULL, 0,
                    NI_NUMERICHOST) != 0)
        host[0] = '\0';
    snprintf(known.received, sizeof known.received, ";received=%s", host);
    snprintf(known.port, sizeof known.port, "=%u", port_of(source));
}

/* A Via that lists several hops in one line is copied as it is: no server writes them so. */
static char *
write_via(char *to, struct slice line, const struct sockaddr *source)
{
    struct slice value = without_end(line);
    const char *rport = memmem(value.at, value.len, ";rport", 6);
    size_t head;

    if (rport == NULL || slice_find(value, ',') < value.len)
        return copy(to, line);
    head = (size_t)(rport + 6 - value.at);
    if (head < value.len && value.at[head] != ';')
        return copy(to, line);
    know(source);
    to = copy(to, slice_head(value, head));
    to = copy(to, slice_of(known.port, strlen(known.port)));
    to = copy(to, slice_skip(value, head));
    to = copy(to, slice_of(known.received, strlen(known.received)));
    return copy(to, SLICE("\r\n"));
}

static char *
write_to(char *to, struct slice line)
{
    if (memmem(line.at, line.len, ";tag=", 5) != NULL)
        return copy(to, line);
    return copy(copy(to, without_end(line)), SLICE(";tag=siload\r\n"));
}

size_t
reply_write(char *out, const struct reading *request, const struct sockaddr *source,
            struct slice start, struct slice extra)
{
    char *to = copy(out, start);

    for (int i = 0; i < (int)request->copied_count; i++)
        if (i == request->via)
            to = write_via(to, request->copied[i], source);
        else if (i == request->to)
            to = write_to(to, request->copied[i]);
        else
            to = copy(to, request->copied[i]);
    to = copy(to, extra);
    to = copy(to, SLICE("Content-Length: 0\r\n\r\n"));
    return (size_t)(to - out);
}

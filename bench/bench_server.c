/* bench_server - stores and deliveries a second of a running SIP silo, closed loop over UDP.
 *
 *     build/bench/bench_server HOST PORT [MESSAGES] [USERS] [WINDOW] [DUMPS] [PID]
 *
 * First MESSAGES of 128 octets go to USERS users, WINDOW of them open at a time; then the
 * users register, DUMPS of them at a time, and what is delivered is answered. Every body
 * carries its number: what is lost, doubled or out of order is counted. With the server's
 * PID its CPU time is read from /proc and given per message.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    PACKET = 2048,
    BODY = 128,
    RESEND_MS = 500,
    GIVE_UP_MS = 20000, /* without any progress */
};

static int sock;
static char local[64];
static long pid;

static double
seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

/* User and system time of the server so far. */
static double
cpu_seconds(void)
{
    char path[64], line[1024], *at;
    unsigned long user = 0, sys = 0;
    FILE *file;

    if (pid == 0)
        return 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", pid);
    file = fopen(path, "r");
    if (file == NULL || fgets(line, sizeof line, file) == NULL)
        return 0;
    fclose(file);
    at = strrchr(line, ')');
    sscanf(at + 2, "%*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    return (double)(user + sys) / (double)sysconf(_SC_CLK_TCK);
}

static void
send_text(const char *text, int len)
{
    if (send(sock, text, (size_t)len, 0) < 0 && errno != EAGAIN)
        perror("send");
}

static void
send_message(uint32_t number, uint32_t users)
{
    char text[PACKET], body[BODY + 1];
    int len;

    memset(body, '.', BODY);
    body[BODY] = '\0';
    len = snprintf(body, sizeof body, "n=%u ", number);
    body[len] = '.';
    len = snprintf(text, sizeof text,
                   "MESSAGE sip:user%u@localhost SIP/2.0\r\n"
                   "Via: SIP/2.0/UDP %s;branch=z9hG4bKs%u;rport\r\n"
                   "Max-Forwards: 70\r\n"
                   "From: <sip:sender@localhost>;tag=s%u\r\n"
                   "To: <sip:user%u@localhost>\r\n"
                   "Call-ID: s%u@%s\r\n"
                   "CSeq: 1 MESSAGE\r\n"
                   "Content-Type: text/plain\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   number % users, local, number, number, number % users, number, local,
                   BODY, body);
    send_text(text, len);
}

static void
send_register(uint32_t user)
{
    char text[PACKET];
    int len = snprintf(text, sizeof text,
                       "REGISTER sip:localhost SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP %s;branch=z9hG4bKr%u;rport\r\n"
                       "Max-Forwards: 70\r\n"
                       "From: <sip:user%u@localhost>;tag=r%u\r\n"
                       "To: <sip:user%u@localhost>\r\n"
                       "Call-ID: r%u@%s\r\n"
                       "CSeq: 1 REGISTER\r\n"
                       "Contact: <sip:user%u@%s>\r\n"
                       "Expires: 3600\r\n"
                       "Content-Length: 0\r\n\r\n",
                       local, user, user, user, user, user, local, user, local);

    send_text(text, len);
}

/* The lines that a response copies, as this server writes them: one value a line. */
static void
answer(const char *request)
{
    static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
    char text[PACKET];
    int len = snprintf(text, sizeof text, "SIP/2.0 200 OK\r\n");

    for (const char *line = strchr(request, '\n') + 1; *line != '\r';
         line = strchr(line, '\n') + 1)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strncmp(line, names[i], strlen(names[i])) == 0)
                len += snprintf(text + len, sizeof text - (size_t)len, "%.*s",
                                (int)(strchr(line, '\n') + 1 - line), line);
    len += snprintf(text + len, sizeof text - (size_t)len, "Content-Length: 0\r\n\r\n");
    send_text(text, len);
}

/* One packet within RESEND_MS; false: none came. */
static bool
receive(char text[PACKET])
{
    ssize_t len = recv(sock, text, PACKET - 1, MSG_DONTWAIT);

    if (len < 0) {
        struct pollfd wait = { .fd = sock, .events = POLLIN };

        if (poll(&wait, 1, RESEND_MS) <= 0)
            return false;
        len = recv(sock, text, PACKET - 1, MSG_DONTWAIT);
    }
    if (len <= 0)
        return false;
    text[len] = '\0';
    return true;
}

static void
report(const char *what, uint32_t count, double began, double cpu_began)
{
    double took = seconds() - began, cpu = cpu_seconds() - cpu_began;

    printf("%-10s %8u in %6.2f s: %9.0f/s", what, count, took, count / took);
    if (pid != 0)
        printf(", CPU %6.2f us each", cpu * 1e6 / count);
    printf("\n");
}

static uint32_t
store_all(uint32_t count, uint32_t users, uint32_t window)
{
    double began = seconds(), cpu_began = cpu_seconds(), progress = began;
    uint32_t sent = 0, done = 0, failed = 0;
    bool *answered = calloc(count, sizeof *answered);
    char text[PACKET];

    while (done < count && seconds() - progress < GIVE_UP_MS / 1000.0) {
        while (sent < count && sent - done < window)
            send_message(sent++, users);
        if (!receive(text)) {
            for (uint32_t i = 0; i < sent; i++)
                if (!answered[i])
                    send_message(i, users);
            continue;
        }
        const char *call_id = strstr(text, "Call-ID: s");
        uint32_t number = call_id == NULL ? count : (uint32_t)atol(call_id + 10);

        if (number >= count || answered[number])
            continue;
        answered[number] = true;
        progress = seconds();
        failed += strncmp(text, "SIP/2.0 202", 11) != 0;
        done++;
    }
    report("stored", done, began, cpu_began);
    if (failed > 0)
        printf("           %u were refused\n", failed);
    free(answered);
    return done - failed;
}

static void
dump_all(uint32_t count, uint32_t users, uint32_t window)
{
    double began = seconds(), cpu_began = cpu_seconds(), progress = began;
    uint32_t registered = 0, finished = 0, got = 0, doubled = 0, disordered = 0;
    uint32_t *next = calloc(users, sizeof *next);
    char text[PACKET];

    while (got < count && seconds() - progress < GIVE_UP_MS / 1000.0) {
        while (registered < users && registered - finished < window)
            send_register(registered++);
        if (!receive(text) || strncmp(text, "MESSAGE", 7) != 0)
            continue;
        answer(text);
        uint32_t number = (uint32_t)atol(strstr(text, "\r\n\r\nn=") + 6);
        uint32_t user = number % users, turn = number / users;

        if (turn < next[user]) {
            doubled++;
            continue;
        }
        disordered += turn > next[user];
        next[user] = turn + 1;
        got++;
        finished += (uint64_t)(turn + 1) * users + user >= count;
        progress = seconds();
    }
    report("delivered", got, began, cpu_began);
    printf("           lost %u, doubled %u, out of order %u\n", count - got, doubled,
           disordered);
    free(next);
}

static uint32_t
argument(int argc, char **argv, int index, uint32_t otherwise)
{
    return argc > index ? (uint32_t)atol(argv[index]) : otherwise;
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to = { .sin_family = AF_INET }, me = { 0 };
    socklen_t len = sizeof me;
    int room = 4 * 1024 * 1024;
    uint32_t count = argument(argc, argv, 3, 20000),
             users = argument(argc, argv, 4, 2000);
    char ip[INET_ADDRSTRLEN];

    if (argc < 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr,
                "bench_server HOST PORT [MESSAGES] [USERS] [WINDOW] [DUMPS] [PID]\n");
        return 64;
    }
    to.sin_port = htons((uint16_t)atol(argv[2]));
    pid = (long)argument(argc, argv, 7, 0);
    sock = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (connect(sock, (struct sockaddr *)&to, sizeof to) != 0 ||
        getsockname(sock, (struct sockaddr *)&me, &len) != 0) {
        perror("bench_server");
        return 1;
    }
    inet_ntop(AF_INET, &me.sin_addr, ip, sizeof ip);
    snprintf(local, sizeof local, "%s:%u", ip, ntohs(me.sin_port));
    dump_all(store_all(count, users, argument(argc, argv, 5, 64)), users,
             argument(argc, argv, 6, 64));
    return 0;
}

/* bench_server - stores, deliveries and relays a second of a running SIP silo, closed loop
 * over UDP.
 *
 *     build/bench/bench_server HOST PORT [MESSAGES] [USERS] [WINDOW] [DUMPS] [PID]
 *
 * First MESSAGES of 128 octets go to USERS users, WINDOW of them open at a time; then the
 * users register, DUMPS of them at a time, and what is delivered is answered. At last as many
 * other users register from a socket of their own, and MESSAGES go to them while they are
 * online: counted is what comes back to the sender as 200. Every body carries its number: what
 * is lost, doubled or out of order is counted. With the server's PID its CPU time is read from
 * /proc and given per message.
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

/* A socket of the bench that speaks with the server. */
struct end {
    int sock;
    char local[64];
};

/* Numbered requests in a closed loop, each sent again until it is answered. */
struct load {
    void (*send)(uint32_t number, uint32_t users);
    char kind;           /* the first letter of their Call-IDs; the number follows */
    const char *success; /* how the answer begins */
    uint32_t count, users;
    uint32_t sent, done, failed, arrived, doubled;
    bool *answered;
    bool *seen; /* by a phone that is online */
};

static struct end senders; /* senders, and users who were offline */
static struct end phones;  /* users who are online */
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
send_text(const struct end *end, const char *text, int len)
{
    if (send(end->sock, text, (size_t)len, 0) < 0 && errno != EAGAIN)
        perror("send");
}

static void
send_message(char kind, const char *name, uint32_t number, uint32_t user)
{
    char text[PACKET], body[BODY + 1];
    int len;

    memset(body, '.', BODY);
    body[BODY] = '\0';
    len = snprintf(body, sizeof body, "n=%u ", number);
    body[len] = '.';
    len = snprintf(text, sizeof text,
                   "MESSAGE sip:%s%u@localhost SIP/2.0\r\n"
                   "Via: SIP/2.0/UDP %s;branch=z9hG4bK%c%u;rport\r\n"
                   "Max-Forwards: 70\r\n"
                   "From: <sip:sender@localhost>;tag=%c%u\r\n"
                   "To: <sip:%s%u@localhost>\r\n"
                   "Call-ID: %c%u@%s\r\n"
                   "CSeq: 1 MESSAGE\r\n"
                   "Content-Type: text/plain\r\n"
                   "Content-Length: %d\r\n\r\n%s",
                   name, user, senders.local, kind, number, kind, number, name, user,
                   kind, number, senders.local, BODY, body);
    send_text(&senders, text, len);
}

static void
send_to_user(uint32_t number, uint32_t users)
{
    send_message('s', "user", number, number % users);
}

static void
send_to_phone(uint32_t number, uint32_t users)
{
    send_message('m', "phone", number, number % users);
}

static void
send_register(const struct end *end, const char *name, uint32_t user)
{
    char text[PACKET];
    int len = snprintf(text, sizeof text,
                       "REGISTER sip:localhost SIP/2.0\r\n"
                       "Via: SIP/2.0/UDP %s;branch=z9hG4bK%c%u;rport\r\n"
                       "Max-Forwards: 70\r\n"
                       "From: <sip:%s%u@localhost>;tag=r%u\r\n"
                       "To: <sip:%s%u@localhost>\r\n"
                       "Call-ID: %c%u@%s\r\n"
                       "CSeq: 1 REGISTER\r\n"
                       "Contact: <sip:%s%u@%s>\r\n"
                       "Expires: 3600\r\n"
                       "Content-Length: 0\r\n\r\n",
                       end->local, name[0], user, name, user, user, name, user, name[0],
                       user, end->local, name, user, end->local);

    send_text(end, text, len);
}

static void
register_phone(uint32_t number, uint32_t users)
{
    (void)users;
    send_register(&phones, "phone", number);
}

/* The lines that a response copies, as this server writes them: one value a line. */
static void
answer(const struct end *end, const char *request)
{
    static const char *const names[] = { "Via:", "From:", "To:", "Call-ID:", "CSeq:" };
    char text[PACKET];
    int len = snprintf(text, sizeof text, "SIP/2.0 200 OK\r\n");

    for (const char *at = strchr(request, '\n') + 1; *at != '\r';
         at = strchr(at, '\n') + 1)
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
            if (strncmp(at, names[i], strlen(names[i])) == 0)
                len += snprintf(text + len, sizeof text - (size_t)len, "%.*s",
                                (int)(strchr(at, '\n') + 1 - at), at);
    len += snprintf(text + len, sizeof text - (size_t)len, "Content-Length: 0\r\n\r\n");
    send_text(end, text, len);
}

/* A packet that is there already, and at which end it came in. */
static bool
receive_now(char text[PACKET], const struct end **end)
{
    static const struct end *const ends[] = { &phones, &senders };
    ssize_t len;

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
        len = recv(ends[i]->sock, text, PACKET - 1, MSG_DONTWAIT);
        if (len > 0) {
            text[len] = '\0';
            *end = ends[i];
            return true;
        }
    }
    return false;
}

/* One packet within RESEND_MS; false: none came. */
static bool
receive(char text[PACKET], const struct end **end)
{
    struct pollfd wait[] = { { .fd = senders.sock, .events = POLLIN },
                             { .fd = phones.sock, .events = POLLIN } };

    return receive_now(text, end) ||
           (poll(wait, 2, RESEND_MS) > 0 && receive_now(text, end));
}

/* The number that a body carries. */
static uint32_t
body_number(const char *message)
{
    return (uint32_t)atol(strstr(message, "\r\n\r\nn=") + 6);
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

static void
take_answer(struct load *load, const char *text)
{
    const char *call_id = strstr(text, "Call-ID: ");
    uint32_t number;

    if (call_id == NULL || call_id[9] != load->kind)
        return;
    number = (uint32_t)atol(call_id + 10);
    if (number >= load->sent || load->answered[number])
        return;
    load->answered[number] = true;
    load->failed += strncmp(text, load->success, strlen(load->success)) != 0;
    load->done++;
}

/* A phone that is online has got one. */
static void
take_message(struct load *load, const struct end *end, const char *text)
{
    uint32_t number = body_number(text);

    answer(end, text);
    if (load->seen == NULL || number >= load->count)
        return;
    load->arrived += !load->seen[number];
    load->doubled += load->seen[number];
    load->seen[number] = true;
}

static void
send_again(const struct load *load)
{
    for (uint32_t i = 0; i < load->sent; i++)
        if (!load->answered[i])
            load->send(i, load->users);
}

/* Until all are answered, or nothing has gone on for GIVE_UP_MS. */
static void
run_load(struct load *load, uint32_t window)
{
    double progress = seconds();
    const struct end *end;
    char text[PACKET];

    load->answered = calloc(load->count, sizeof *load->answered);
    while (load->done < load->count && seconds() - progress < GIVE_UP_MS / 1000.0) {
        uint32_t done = load->done;

        while (load->sent < load->count && load->sent - load->done < window)
            load->send(load->sent++, load->users);
        if (!receive(text, &end))
            send_again(load);
        else if (strncmp(text, "MESSAGE", 7) == 0)
            take_message(load, end, text);
        else
            take_answer(load, text);
        if (load->done > done)
            progress = seconds();
    }
    free(load->answered);
}

static uint32_t
store_all(uint32_t count, uint32_t users, uint32_t window)
{
    struct load load = {
        .send = send_to_user,
        .kind = 's',
        .success = "SIP/2.0 202",
        .count = count,
        .users = users,
    };
    double began = seconds(), cpu_began = cpu_seconds();

    run_load(&load, window);
    report("stored", load.done, began, cpu_began);
    if (load.failed > 0)
        printf("           %u were refused\n", load.failed);
    return load.done - load.failed;
}

static void
bring_online(uint32_t users, uint32_t window)
{
    struct load load = {
        .send = register_phone,
        .kind = 'p',
        .success = "SIP/2.0 200",
        .count = users,
        .users = users,
    };

    run_load(&load, window);
    if (load.done - load.failed < users)
        printf("           only %u are online\n", load.done - load.failed);
    sleep(1); /* the server still looks what waits for the last of them */
}

static void
relay_all(uint32_t count, uint32_t users, uint32_t window)
{
    struct load load = {
        .send = send_to_phone,
        .kind = 'm',
        .success = "SIP/2.0 200",
        .count = count,
        .users = users,
        .seen = calloc(count, sizeof *load.seen),
    };
    double began = seconds(), cpu_began = cpu_seconds();

    run_load(&load, window);
    report("relayed", load.done - load.failed, began, cpu_began);
    printf("           lost %u, doubled %u, not answered 200 %u\n", count - load.arrived,
           load.doubled, count - load.done + load.failed);
    free(load.seen);
}

static void
dump_all(uint32_t count, uint32_t users, uint32_t window)
{
    double began = seconds(), cpu_began = cpu_seconds(), progress = began;
    uint32_t registered = 0, finished = 0, got = 0, doubled = 0, disordered = 0;
    uint32_t *next = calloc(users, sizeof *next);
    const struct end *end;
    char text[PACKET];

    while (got < count && seconds() - progress < GIVE_UP_MS / 1000.0) {
        while (registered < users && registered - finished < window)
            send_register(&senders, "user", registered++);
        if (!receive(text, &end) || strncmp(text, "MESSAGE", 7) != 0)
            continue;
        answer(end, text);
        uint32_t number = body_number(text);
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

static bool
end_open(struct end *end, const struct sockaddr_in *to)
{
    struct sockaddr_in me = { 0 };
    socklen_t len = sizeof me;
    int room = 4 * 1024 * 1024;
    char ip[INET_ADDRSTRLEN];

    end->sock = socket(AF_INET, SOCK_DGRAM, 0);
    setsockopt(end->sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (connect(end->sock, (const struct sockaddr *)to, sizeof *to) != 0 ||
        getsockname(end->sock, (struct sockaddr *)&me, &len) != 0) {
        perror("bench_server");
        return false;
    }
    inet_ntop(AF_INET, &me.sin_addr, ip, sizeof ip);
    snprintf(end->local, sizeof end->local, "%s:%u", ip, ntohs(me.sin_port));
    return true;
}

int
main(int argc, char **argv)
{
    struct sockaddr_in to = { .sin_family = AF_INET };
    uint32_t count = argument(argc, argv, 3, 20000),
             users = argument(argc, argv, 4, 2000), window = argument(argc, argv, 5, 64);

    if (argc < 3 || inet_pton(AF_INET, argv[1], &to.sin_addr) != 1) {
        fprintf(stderr,
                "bench_server HOST PORT [MESSAGES] [USERS] [WINDOW] [DUMPS] [PID]\n");
        return 64;
    }
    to.sin_port = htons((uint16_t)atol(argv[2]));
    pid = (long)argument(argc, argv, 7, 0);
    if (!end_open(&senders, &to) || !end_open(&phones, &to))
        return 1;
    dump_all(store_all(count, users, window), users, argument(argc, argv, 6, 64));
    bring_online(users, window);
    relay_all(count, users, window);
    return 0;
}

/* The server as a process: what it says, how it stops, what its exit code is. */
#include "src/net/host.h"
#include "src/net/sockaddr.h"

#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

enum {
    PATIENCE_MS = 5000,
    SAID_MAX = 16384,
};

/* A server in a child process, with its log in a pipe. */
struct child {
    char directory[64]; /* of its store; ends with the test */
    pid_t pid;
    int log;
    char said[SAID_MAX]; /* NUL behind its end */
    size_t len;
};

static int
setup(void **state)
{
    struct child *c = calloc(1, sizeof *c);

    snprintf(c->directory, sizeof c->directory, "/tmp/test_host.XXXXXX");
    assert_non_null(mkdtemp(c->directory));
    *state = c;
    return 0;
}

static int
teardown(void **state)
{
    struct child *c = *state;
    char command[128];

    if (c->pid > 0) {
        kill(c->pid, SIGKILL);
        waitpid(c->pid, NULL, 0);
    }
    close(c->log);
    snprintf(command, sizeof command, "rm -rf '%s'", c->directory);
    assert_int_equal(system(command), 0);
    free(c);
    return 0;
}

static void
to_standard_error(void *self, struct slice line)
{
    (void)self;
    if (write(STDERR_FILENO, line.at, line.len) < 0)
        _exit(99);
}

static void
serve(struct child *c, const char *listen, const char *store)
{
    struct settings *settings = calloc(1, sizeof *settings);
    char why[SETTINGS_WHY], text[256];
    int code;

    if (!settings_init(settings))
        _exit(98);
    snprintf(text, sizeof text, "core.listen=%s", listen);
    if (!settings_override(settings, text, why))
        _exit(97);
    snprintf(text, sizeof text, "msilo.db_url=lmdb:%s%s", c->directory, store);
    if (!settings_override(settings, text, why))
        _exit(96);
    log_configure(LOG_INFO, LOG_FORMAT_LOGFMT, to_standard_error, NULL);
    code = host_run(settings);
    settings_free(settings);
    free(settings);
    exit(code);
}

static void
start(struct child *c, const char *listen, const char *store)
{
    int ends[2];

    assert_int_equal(pipe(ends), 0);
    c->log = ends[0];
    c->pid = fork();
    assert_true(c->pid >= 0);
    if (c->pid == 0) {
        close(ends[0]);
        dup2(ends[1], STDERR_FILENO);
        serve(c, listen, store);
    }
    close(ends[1]);
}

/* Reads its log until it has said that, or has ended. */
static bool
says(struct child *c, const char *what)
{
    struct pollfd ready = { .fd = c->log, .events = POLLIN };
    ssize_t count = 1;

    while (strstr(c->said, what) == NULL && count > 0) {
        if (poll(&ready, 1, PATIENCE_MS) != 1)
            return false;
        count = read(c->log, c->said + c->len, sizeof c->said - 1 - c->len);
        c->len += count > 0 ? (size_t)count : 0;
    }
    return strstr(c->said, what) != NULL;
}

static int
exit_code(struct child *c)
{
    int status;

    while (says(c, "nobody says this"))
        continue;
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    c->pid = 0;
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

/* The port in "net.listen protocol=udp address=127.0.0.1:5060". */
static uint16_t
port_of(struct child *c, const char *protocol)
{
    char line[64];
    const char *at;

    snprintf(line, sizeof line, "net.listen protocol=%s address=127.0.0.1:", protocol);
    assert_true(says(c, "server.ready"));
    at = strstr(c->said, line);
    assert_non_null(at);
    return (uint16_t)strtoul(at + strlen(line), NULL, 10);
}

static int
connected(int type, uint16_t port)
{
    struct sockaddr_in to = { .sin_family = AF_INET,
                              .sin_port = htons(port),
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, type, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)(void *)&to, sizeof to), 0);
    return fd;
}

static bool
is_answered(int fd, const char *request)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    char answer[2048];

    assert_int_equal(send(fd, request, strlen(request), 0), strlen(request));
    return poll(&ready, 1, PATIENCE_MS) == 1 && recv(fd, answer, sizeof answer, 0) > 0;
}

#define OPTIONS(protocol)                                           \
    "OPTIONS sip:127.0.0.1 SIP/2.0\r\n"                             \
    "Via: SIP/2.0/" protocol " 127.0.0.1;branch=z9hG4bKa;rport\r\n" \
    "Max-Forwards: 70\r\n"                                          \
    "From: <sip:a@127.0.0.1>;tag=1\r\n"                             \
    "To: <sip:127.0.0.1>\r\n"                                       \
    "Call-ID: host-" protocol "\r\n"                                \
    "CSeq: 1 OPTIONS\r\n"                                           \
    "Content-Length: 0\r\n\r\n"

/* The contract, section 1: every listener is named, then it is ready; SIGTERM ends it with 0. */
static void
it_names_its_ports_answers_and_stops_cleanly(void **state)
{
    struct child *c = *state;
    int udp, tcp;

    start(c, "udp:127.0.0.1:0, tcp:127.0.0.1:0, udp:[::1]:0", "");
    udp = connected(SOCK_DGRAM, port_of(c, "udp"));
    tcp = connected(SOCK_STREAM, port_of(c, "tcp"));
    assert_non_null(strstr(c->said, "net.listen protocol=udp address=[::1]:"));
    assert_true(is_answered(udp, OPTIONS("UDP")));
    assert_true(is_answered(tcp, OPTIONS("TCP")));

    kill(c->pid, SIGTERM);
    assert_int_equal(exit_code(c), 0);
    close(udp);
    close(tcp);
}

static void
sigint_stops_it_too(void **state)
{
    struct child *c = *state;

    start(c, "udp:127.0.0.1:0", "");
    assert_true(says(c, "server.ready"));
    kill(c->pid, SIGINT);
    assert_int_equal(exit_code(c), 0);
}

static void
a_port_that_is_taken_ends_it_with_one_line(void **state)
{
    struct child *c = *state;
    struct sockaddr_in at = { .sin_family = AF_INET,
                              .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    char listen_on[64], line[128];

    assert_int_equal(bind(fd, (struct sockaddr *)(void *)&at, sizeof at), 0);
    assert_int_equal(listen(fd, 1), 0);
    snprintf(listen_on, sizeof listen_on, "udp:127.0.0.1:0, tcp:127.0.0.1:%u",
             sockaddr_port_of(fd));
    start(c, listen_on, "");
    assert_int_equal(exit_code(c), 1);

    snprintf(line, sizeof line,
             "error net.listen_failed protocol=tcp address=127.0.0.1:%u why=",
             sockaddr_port_of(fd));
    assert_non_null(strstr(c->said, line));
    assert_null(strstr(c->said, "net.listen "));
    assert_null(strstr(c->said, "server.ready"));
    close(fd);
}

static void
a_store_that_cannot_be_opened_ends_it_with_one_line(void **state)
{
    struct child *c = *state;

    start(c, "udp:127.0.0.1:0", "/no/such/directory");
    assert_int_equal(exit_code(c), 1);
    assert_non_null(strstr(c->said, "error store.open_failed url="));
    assert_null(strstr(c->said, "net.listen"));
}

/* A store's file that is cut under us raises SIGBUS: one line, and no core dump. */
static void
sigbus_is_one_line_and_exit_code_1(void **state)
{
    struct child *c = *state;

    start(c, "udp:127.0.0.1:0", "");
    assert_true(says(c, "server.ready"));
    kill(c->pid, SIGBUS);
    assert_int_equal(exit_code(c), 1);
    assert_non_null(strstr(c->said, "error store.damaged why="));
}

/* A bug of ours must not look like a store's damage, and leaves its core. */
static void
sigabrt_outside_of_the_store_stays_what_it_is(void **state)
{
    struct child *c = *state;
    int status;

    start(c, "udp:127.0.0.1:0", "");
    assert_true(says(c, "server.ready"));
    kill(c->pid, SIGABRT);
    assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
    c->pid = 0;
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

int
main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(it_names_its_ports_answers_and_stops_cleanly),
        TEST(sigint_stops_it_too),
        TEST(a_port_that_is_taken_ends_it_with_one_line),
        TEST(a_store_that_cannot_be_opened_ends_it_with_one_line),
        TEST(sigbus_is_one_line_and_exit_code_1),
        TEST(sigabrt_outside_of_the_store_stays_what_it_is),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}

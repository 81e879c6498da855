/* siload - loads any SIP message silo, and checks what it delivers.
 *
 *     siload [options] WORKLOAD HOST:PORT
 *
 * `siload --help` says what there is. The parts are in bench/load: run.h is the place to start
 * reading, workload.c says what each workload does.
 */
#include "bench/load/answer.h"
#include "bench/load/report.h"
#include "bench/load/verdict.h"
#include "bench/load/workload.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>

enum {
    EXIT_NO_START = 2,
    EXIT_USAGE = 64,
};

static void
stop(int signal_number)
{
    (void)signal_number;
    run_stop();
}

/* The second one ends the program at once. */
static void
catch_signals(void)
{
    struct sigaction action = { .sa_handler = stop, .sa_flags = (int)SA_RESETHAND };

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

/* Before the load, not after it. NULL, after a line on standard error: it cannot be written. */
static FILE *
open_json(const char *path)
{
    FILE *file;

    if (path[0] == '-' && path[1] == '\0')
        return stdout;
    file = fopen(path, "w");
    if (file == NULL)
        fprintf(stderr, "siload: %s: %s\n", path, strerror(errno));
    return file;
}

int
main(int argc, char **argv)
{
    static struct options options;
    static struct run run;
    FILE *json = NULL;
    int code;

    if (!options_read(argc, argv, &options))
        return EXIT_USAGE;
    catch_signals();
    prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL); /* an open loop's times are kept to */
    if (options.workload == WORKLOAD_ANSWER)
        return answer_run(&options);
    if (options.json != NULL && (json = open_json(options.json)) == NULL)
        return EXIT_NO_START;
    if (!run_open(&run, &options))
        return EXIT_NO_START;
    workload_run(&run);
    run.result.interrupted = run_is_stopped();
    report_print(&run, json == stdout ? stderr : stdout);
    if (json != NULL)
        report_print_json(&run, json);
    code = verdict_exit_code(&run);
    run_close(&run);
    return code;
}

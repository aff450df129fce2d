#define _GNU_SOURCE
#include "CLinux.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

// Between fork and exec only calls that are safe there; a failure travels back through a pipe that a successful exec
// closes.
static void become(const char *path, char *const arguments[], char *const environment[], int output, int failure,
                   pid_t parent) {
    setpgid(0, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() == parent) {
        int null = open("/dev/null", O_RDONLY);
        if (null >= 0) dup2(null, STDIN_FILENO);
        dup2(output, STDOUT_FILENO);
        dup2(output, STDERR_FILENO);
        signal(SIGPIPE, SIG_DFL);
        // Threads that block signals would have a child that cannot be asked to end.
        sigset_t none;
        sigemptyset(&none);
        sigprocmask(SIG_SETMASK, &none, NULL);
        // Sockets of this process must not live on in the child: not every library marks its own.
        close_range(STDERR_FILENO + 1, ~0U, CLOSE_RANGE_CLOEXEC);
        execve(path, arguments, environment);
    }
    int code = errno;
    (void)!write(failure, &code, sizeof(code));
    _exit(127);
}

int clinux_spawn(const char *path, char *const arguments[], char *const environment[], int output) {
    int failure[2];
    if (pipe2(failure, O_CLOEXEC) != 0) return -1;
    pid_t parent = getpid();
    pid_t child = fork();
    if (child == 0) become(path, arguments, environment, output, failure[1], parent);
    close(failure[1]);
    int code = child < 0 ? errno : 0;
    if (child > 0 && read(failure[0], &code, sizeof(code)) == sizeof(code)) {
        waitpid(child, NULL, 0);
        child = -1;
    }
    close(failure[0]);
    if (child < 0) errno = code;
    return child;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *place) {
    (void)status, (void)kind, (void)place;
    remove(path);
    return 0;
}

void clinux_remove_tree(const char *path) { nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS); }

static volatile sig_atomic_t interrupted;

static void note(int signal) {
    (void)signal;
    interrupted = 1;
}

void clinux_catch_interrupt(void) {
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESETHAND};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGHUP, &action, NULL);
}

int clinux_interrupted(void) { return interrupted; }

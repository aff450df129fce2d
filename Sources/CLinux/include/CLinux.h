// What Swift's Glibc module leaves out: epoll, eventfd, accept4 and the per-thread processor clock.
#ifndef SLUICE_CLINUX_H
#define SLUICE_CLINUX_H

// No system header is included here: their contents depend on feature macros, and Swift would see two versions of them.
#include <stdint.h>

/// One readiness report: the token given at registration and the EPOLL bits.
struct clinux_event {
    uint64_t token;
    uint32_t events;
};

enum {
    CLINUX_READABLE = 0x001,
    CLINUX_WRITABLE = 0x004,
    CLINUX_PEER_CLOSED = 0x2000,
    /// Error or hang-up.
    CLINUX_BROKEN = 0x008 | 0x010,
    /// The same, or the peer's shutdown.
    CLINUX_HANGUP = 0x008 | 0x010 | 0x2000,
};

/// Kept unsigned and apart: bit 31 does not fit a C enum.
#define CLINUX_EDGE_TRIGGERED (1u << 31)

int clinux_epoll_create(void);
int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token);
int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token);
int clinux_epoll_remove(int epoll, int descriptor);
/// Waits for at most `timeout` ms (-1 for ever); fills at most `capacity` events (at most 256); returns their number or -1.
int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int timeout);
int clinux_eventfd(void);
/// A descriptor that becomes readable every `interval` nanoseconds, non-blocking and close-on-exec; -1 with errno.
int clinux_ticker(int64_t interval);
/// The calling thread's nice value, and a new one: less than others' lets it run before them. 0, or -1 where that is not
/// allowed.
int clinux_thread_nice(void);
int clinux_set_thread_nice(int nice);
/// Accepts one connection, non-blocking and close-on-exec. Returns the descriptor or -1 with errno.
int clinux_accept(int listener);
/// Whether bytes for this socket address (a struct sockaddr) stay on this machine.
int clinux_is_loopback(const void *address);
/// Whether both ends of a connection are on this machine: at a loopback address, or at the same one.
int clinux_is_within_machine(int descriptor);
/// Bytes that wait to be read from a socket, or -1 with errno.
int clinux_unread_bytes(int descriptor);
/// Lets the system begin to write a range of a file to the disk; waits for nothing and promises nothing.
void clinux_begin_writeback(int descriptor, int64_t offset, int64_t count);
/// Lets the system forget a range of a file; what is not on the disk yet stays.
void clinux_uncache(int descriptor, int64_t offset, int64_t count);
/// Nanoseconds of processor time that the calling thread has used.
uint64_t clinux_thread_cpu_ns(void);
/// Nanoseconds of the monotonic clock.
uint64_t clinux_monotonic_ns(void);
/// Names the calling thread for `top -H`; at most fifteen bytes count.
void clinux_name_thread(const char *name);

/// Starts a program in a process group of its own, with both outputs going to `output`; the kernel kills it when the
/// calling *thread* ends, so call this from one that lives as long as the child may. Returns the process id, or -1 with
/// errno (also when the program could not be executed).
int clinux_spawn(const char *path, char *const arguments[], char *const environment[], int output);

/// Removes a directory and everything in it, without following links. What is gone already is no error.
void clinux_remove_tree(const char *path);

/// Lets the first SIGINT, SIGTERM or SIGHUP only raise a flag; the second one has its usual effect.
void clinux_catch_interrupt(void);
/// Whether such a signal has come.
int clinux_interrupted(void);

#endif

#define _GNU_SOURCE
#include "CLinux.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>

_Static_assert(CLINUX_READABLE == EPOLLIN && CLINUX_WRITABLE == EPOLLOUT, "epoll bits");
_Static_assert(CLINUX_PEER_CLOSED == EPOLLRDHUP && CLINUX_EDGE_TRIGGERED == EPOLLET, "epoll bits");
_Static_assert(CLINUX_BROKEN == (EPOLLERR | EPOLLHUP), "epoll bits");
_Static_assert(CLINUX_HANGUP == (EPOLLERR | EPOLLHUP | EPOLLRDHUP), "epoll bits");

enum { MAX_EVENTS = 256 };

int clinux_epoll_create(void) { return epoll_create1(EPOLL_CLOEXEC); }

static int control(int epoll, int operation, int descriptor, uint32_t events, uint64_t token) {
    struct epoll_event event = {.events = events, .data.u64 = token};
    return epoll_ctl(epoll, operation, descriptor, &event);
}

int clinux_epoll_add(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_ADD, descriptor, events, token);
}

int clinux_epoll_modify(int epoll, int descriptor, uint32_t events, uint64_t token) {
    return control(epoll, EPOLL_CTL_MOD, descriptor, events, token);
}

int clinux_epoll_remove(int epoll, int descriptor) { return control(epoll, EPOLL_CTL_DEL, descriptor, 0, 0); }

int clinux_epoll_wait(int epoll, struct clinux_event *events, int capacity, int timeout) {
    struct epoll_event ready[MAX_EVENTS];
    int count = epoll_wait(epoll, ready, capacity < MAX_EVENTS ? capacity : MAX_EVENTS, timeout);
    for (int i = 0; i < count; i++) {
        events[i].token = ready[i].data.u64;
        events[i].events = ready[i].events;
    }
    return count;
}

int clinux_eventfd(void) { return eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC); }

int clinux_ticker(int64_t interval) {
    int timer = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    struct timespec step = {.tv_sec = interval / 1000000000, .tv_nsec = interval % 1000000000};
    struct itimerspec times = {.it_interval = step, .it_value = step};
    if (timer >= 0) timerfd_settime(timer, 0, &times, NULL);
    return timer;
}

// Linux keeps a nice value per thread; 0 names the calling one.
int clinux_thread_nice(void) { return getpriority(PRIO_PROCESS, 0); }

int clinux_set_thread_nice(int nice) { return setpriority(PRIO_PROCESS, 0, nice); }

int clinux_accept(int listener) {
    return accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
}

int clinux_is_loopback(const void *address) {
    switch (((const struct sockaddr *)address)->sa_family) {
    case AF_INET: return *(const uint8_t *)&((const struct sockaddr_in *)address)->sin_addr == 127;
    case AF_INET6: {
        const struct in6_addr *ip = &((const struct sockaddr_in6 *)address)->sin6_addr;
        return IN6_IS_ADDR_LOOPBACK(ip) || (IN6_IS_ADDR_V4MAPPED(ip) && ip->s6_addr[12] == 127);
    }
    default: return 0;
    }
}

int clinux_is_within_machine(int descriptor) {
    struct sockaddr_storage peer = {0}, own = {0};
    socklen_t peer_size = sizeof peer, own_size = sizeof own;
    if (getpeername(descriptor, (struct sockaddr *)&peer, &peer_size) != 0) return 0;
    if (clinux_is_loopback(&peer)) return 1;
    if (getsockname(descriptor, (struct sockaddr *)&own, &own_size) != 0 || own.ss_family != peer.ss_family) return 0;
    if (peer.ss_family == AF_INET) {
        return ((struct sockaddr_in *)&peer)->sin_addr.s_addr == ((struct sockaddr_in *)&own)->sin_addr.s_addr;
    }
    return peer.ss_family == AF_INET6
        && memcmp(&((struct sockaddr_in6 *)&peer)->sin6_addr, &((struct sockaddr_in6 *)&own)->sin6_addr, 16) == 0;
}

int clinux_unread_bytes(int descriptor) {
    int count = 0;
    return ioctl(descriptor, FIONREAD, &count) == 0 ? count : -1;
}

void clinux_begin_writeback(int descriptor, int64_t offset, int64_t count) {
    (void)sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

void clinux_uncache(int descriptor, int64_t offset, int64_t count) {
    (void)posix_fadvise(descriptor, offset, count, POSIX_FADV_DONTNEED);
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

uint64_t clinux_thread_cpu_ns(void) { return clock_ns(CLOCK_THREAD_CPUTIME_ID); }

uint64_t clinux_monotonic_ns(void) { return clock_ns(CLOCK_MONOTONIC); }

void clinux_name_thread(const char *name) { pthread_setname_np(pthread_self(), name); }

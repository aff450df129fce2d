// Reads of jemalloc's statistics. They are C because Swift's exclusivity rule forbids passing one variable as both the
// old and the new value of a mallctl, and because the optimiser may assume that malloc cannot change a plain counter.
#ifndef SLUICE_CJEMALLOC_SHIM_H
#define SLUICE_CJEMALLOC_SHIM_H

#include <jemalloc/jemalloc.h>
#include <stddef.h>
#include <stdint.h>

/// Makes the statistics current. Returns 0, or an errno value when the allocator is not in charge.
static inline int sluice_jemalloc_refresh(void) {
    uint64_t epoch = 1;
    size_t size = sizeof(epoch);
    return mallctl("epoch", &epoch, &size, &epoch, size);
}

/// Reads a statistic of type size_t by its mallctl name. Returns 0 or an errno value.
static inline int sluice_jemalloc_read_size(const char *name, size_t *value) {
    size_t size = sizeof(*value);
    return mallctl(name, value, &size, NULL, 0);
}

/// Reads a statistic of type uint64_t by its mallctl name. Returns 0 or an errno value.
static inline int sluice_jemalloc_read_u64(const char *name, uint64_t *value) {
    size_t size = sizeof(*value);
    return mallctl(name, value, &size, NULL, 0);
}

/// Reads an option of type unsigned by its mallctl name. Returns 0 or an errno value.
static inline int sluice_jemalloc_read_u32(const char *name, uint32_t *value) {
    size_t size = sizeof(*value);
    return mallctl(name, value, &size, NULL, 0);
}

/// Reads a boolean option by its mallctl name. Returns 0 or an errno value.
static inline int sluice_jemalloc_read_bool(const char *name, bool *value) {
    size_t size = sizeof(*value);
    return mallctl(name, value, &size, NULL, 0);
}

/// Reads an option of type ssize_t by its mallctl name. Returns 0 or an errno value.
static inline int sluice_jemalloc_read_ssize(const char *name, ptrdiff_t *value) {
    size_t size = sizeof(*value);
    return mallctl(name, value, &size, NULL, 0);
}

/// Lets jemalloc's own threads give memory back to the system. Returns 0 or an errno value.
static inline int sluice_jemalloc_enable_background_thread(void) {
    bool on = true;
    return mallctl("background_thread", NULL, NULL, &on, sizeof(on));
}

/// Flushes this thread's cache so that request counts and `allocated` are exact for it. Returns 0 or an errno value.
static inline int sluice_jemalloc_flush_thread_cache(void) {
    return mallctl("thread.tcache.flush", NULL, NULL, NULL, 0);
}

/// Turns this thread's cache on or off; off, every request reaches its arena and is counted there at once. Returns 0 or an
/// errno value.
static inline int sluice_jemalloc_enable_thread_cache(bool on) {
    return mallctl("thread.tcache.enabled", NULL, NULL, &on, sizeof(on));
}

/// Counts the blocks that all arenas have handed out so far. It allocates nothing itself. Returns 0 or an errno value.
static inline int sluice_jemalloc_count_blocks(uint64_t *count) {
    uint64_t small = 0, large = 0;
    size_t size = sizeof(small);
    int error = sluice_jemalloc_refresh();
    // 4096 stands for all arenas (MALLCTL_ARENAS_ALL).
    if (error == 0) error = mallctl("stats.arenas.4096.small.nmalloc", &small, &size, NULL, 0);
    if (error == 0) error = mallctl("stats.arenas.4096.large.nmalloc", &large, &size, NULL, 0);
    *count = small + large;
    return error;
}

/// Address of this thread's count of allocated bytes; read it with sluice_jemalloc_load only. NULL when unavailable.
static inline const volatile uint64_t *sluice_jemalloc_thread_allocated(void) {
    uint64_t *pointer = NULL;
    size_t size = sizeof(pointer);
    return mallctl("thread.allocatedp", &pointer, &size, NULL, 0) == 0 ? pointer : NULL;
}

static inline uint64_t sluice_jemalloc_load(const volatile uint64_t *pointer) { return *pointer; }

/// The allocator's version string.
static inline const char *sluice_jemalloc_version(void) {
    const char *version = NULL;
    size_t size = sizeof(version);
    return mallctl("version", &version, &size, NULL, 0) == 0 ? version : NULL;
}

#endif

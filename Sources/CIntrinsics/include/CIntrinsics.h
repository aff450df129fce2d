// What Swift has no word for: processor hints, and instructions that multiply without carry.
#ifndef SLUICE_CINTRINSICS_H
#define SLUICE_CINTRINSICS_H

#include <stddef.h>
#include <stdint.h>

/// Begins to fetch the cache line of an address, which may be invalid.
static inline void cintrinsics_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

/// CRC-32 (IEEE 802.3, as zlib's `crc32`) of bytes, continuing from `crc`, which is 0 at the beginning.
/// With carry-less multiplication where the processor has it.
uint32_t cintrinsics_crc32(uint32_t crc, const void *bytes, size_t count);

/// The same, by tables alone.
uint32_t cintrinsics_crc32_tables(uint32_t crc, const void *bytes, size_t count);

/// CRC-64 (Jones, as at the end of a Redis RDB file) of bytes, continuing from `crc`, which is 0 at the beginning.
/// With carry-less multiplication where the processor has it.
uint64_t cintrinsics_crc64(uint64_t crc, const void *bytes, size_t count);

/// The same, by tables alone.
uint64_t cintrinsics_crc64_tables(uint64_t crc, const void *bytes, size_t count);

#endif

// Processor hints that Swift has no word for.
#ifndef SLUICE_CINTRINSICS_H
#define SLUICE_CINTRINSICS_H

/// Begins to fetch the cache line of an address, which may be invalid.
static inline void cintrinsics_prefetch(const void *address) { __builtin_prefetch(address, 1, 3); }

#endif

// Folding by carry-less multiplication, as both checksums do it. Private to this target; for x86-64.

#pragma once

#include <immintrin.h>

#define WITH_MULTIPLICATION __attribute__((target("pclmul,sse4.1")))

WITH_MULTIPLICATION static inline __m128i load(const void *bytes) { return _mm_loadu_si128((const __m128i *)bytes); }

// Moves a block on by the distance for which the two multipliers were made.
WITH_MULTIPLICATION static inline __m128i fold(__m128i block, __m128i by) {
    return _mm_xor_si128(_mm_clmulepi64_si128(block, by, 0x00), _mm_clmulepi64_si128(block, by, 0x11));
}

static inline int processor_multiplies(void) {
    __builtin_cpu_init();
    return __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1");
}

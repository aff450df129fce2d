#include "CIntrinsics.h"

// Without help from the processor: eight bytes a step with eight tables (Sarwate's method, sliced).
static uint32_t table[8][256];

static void make_tables(void) {
    for (uint32_t byte = 0; byte < 256; byte++) {
        uint32_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = (value >> 1) ^ (0xedb88320u & (0u - (value & 1)));
        table[0][byte] = value;
    }
    for (uint32_t byte = 0; byte < 256; byte++)
        for (int slice = 1; slice < 8; slice++)
            table[slice][byte] = (table[slice - 1][byte] >> 8) ^ table[0][table[slice - 1][byte] & 0xff];
}

uint32_t cintrinsics_crc32_tables(uint32_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    crc = ~crc;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        __builtin_memcpy(&word, next, 8);
        word ^= crc;
        crc = table[7][word & 0xff] ^ table[6][(word >> 8) & 0xff] ^ table[5][(word >> 16) & 0xff] ^
              table[4][(word >> 24) & 0xff] ^ table[3][(word >> 32) & 0xff] ^ table[2][(word >> 40) & 0xff] ^
              table[1][(word >> 48) & 0xff] ^ table[0][word >> 56];
    }
    while (count-- > 0) crc = (crc >> 8) ^ table[0][(crc ^ *next++) & 0xff];
    return ~crc;
}

#if defined(__x86_64__)

// With PCLMULQDQ, after V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel
// 2009: sixteen bytes that stand d bits before others are replaced by a congruent value that is added to those others.
//
// Bits are reflected throughout: bit i of a 64-bit word is the coefficient of x^(63-i), and the product of two such words,
// seen as one of 128 bits, is theirs times x. A fold by d bits hence multiplies the word that comes first in memory by
// x^(d+63) mod P and the second by x^(d-1) mod P, P being 0x104c11db7.
//
// Two deviations, for records of one or two hundred bytes, where latency is all. The odd bytes are taken at the front, as a
// block with zeros before it, which change nothing: so no step waits for another's end, and the last seven blocks fold in
// one level, each by its own distance. And the last 128 bits go to 96 with two independent products instead of two that
// wait for each other, then through one Barrett reduction.

#include "multiplication.h"

// Multipliers for a fold by 1 … 7 blocks of 128 bits: for the first word in memory and the second.
static const uint64_t distance[8][2] __attribute__((aligned(16))) = {
    {0, 0},
    {0x65673b4600000000, 0x9ba54c6f00000000},
    {0x9570d49500000000, 0x01b5fd1d00000000},
    {0x69ccfc0d00000000, 0x2a28386200000000},
    {0x653d982200000000, 0xcad38e8f00000000},
    {0x5a03a0cf00000000, 0x8e42b13e00000000},
    {0x759fc69d00000000, 0x101a233100000000},
    {0x19866e8000000000, 0xc64ac0b800000000},
};
// x^95 mod P and x^31 mod P: from 128 bits to 96.
static const uint64_t narrowing[2] __attribute__((aligned(16))) = {0xccaa009e00000000, 0x0000000100000000};
// The quotient x^95 / P, and P itself times x^31.
static const uint64_t barrett[2] __attribute__((aligned(16))) = {0xb4e5b025f7011641, 0x00000001db710641};

// Places for a shuffle. Sixteen from n on move the first n bytes of a block to its end, behind zeros; sixteen from 16+n on
// move the others to its beginning.
static const uint8_t shift[48] __attribute__((aligned(16))) = {
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
    0,    1,    2,    3,    4,    5,    6,    7,    8,    9,    10,   11,   12,   13,   14,   15,
    0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80, 0x80,
};

WITH_MULTIPLICATION static inline __m128i fold_by(__m128i block, size_t blocks) {
    return blocks == 0 ? block : fold(block, load(distance[blocks]));
}

WITH_MULTIPLICATION static inline uint32_t reduce(__m128i value) {
    // 96 bits, of which the highest 64 in the second and third quarter.
    value = fold(value, load(narrowing));
    value = _mm_srli_si128(value, 4);
    const __m128i constants = load(barrett);
    const __m128i quotient = _mm_clmulepi64_si128(value, constants, 0x00);
    const __m128i product = _mm_clmulepi64_si128(quotient, constants, 0x10);
    return (uint32_t)_mm_extract_epi32(_mm_xor_si128(value, product), 2);
}

WITH_MULTIPLICATION static uint32_t with_multiplication(uint32_t crc, const void *bytes, size_t count) {
    if (count < 16) return cintrinsics_crc32_tables(crc, bytes, count);
    const uint8_t *next = bytes;
    // What came before is added to the first four bytes, which may lie in two blocks.
    __m128i state = _mm_cvtsi32_si128((int)~crc);
    __m128i first = _mm_xor_si128(load(next), state);
    size_t odd = count & 15;
    size_t left = count >> 4;
    if (odd != 0) {
        first = _mm_shuffle_epi8(first, load(shift + odd));
        state = _mm_shuffle_epi8(state, load(shift + 16 + odd));
        next += odd;
    } else {
        state = _mm_setzero_si128();
        next += 16;
        left -= 1;
    }
    // `left` whole blocks follow the first one.
    __m128i sum;
    if (left < 3) {
        if (left == 0) return ~reduce(first);
        sum = fold_by(first, left);
        state = _mm_xor_si128(state, load(next));
        sum = _mm_xor_si128(sum, fold_by(state, left - 1));
        if (left == 2) sum = _mm_xor_si128(sum, load(next + 16));
        return ~reduce(sum);
    }
    __m128i second = _mm_xor_si128(state, load(next));
    __m128i third = load(next + 16);
    __m128i fourth = load(next + 32);
    next += 48;
    left -= 3;
    const __m128i by_four = load(distance[4]);
    for (; left >= 4; left -= 4, next += 64) {
        first = _mm_xor_si128(fold(first, by_four), load(next));
        second = _mm_xor_si128(fold(second, by_four), load(next + 16));
        third = _mm_xor_si128(fold(third, by_four), load(next + 32));
        fourth = _mm_xor_si128(fold(fourth, by_four), load(next + 48));
    }
    sum = _mm_xor_si128(fold_by(first, left + 3), fold_by(second, left + 2));
    sum = _mm_xor_si128(sum, fold_by(third, left + 1));
    sum = _mm_xor_si128(sum, fold_by(fourth, left));
    for (; left > 0; next += 16) {
        left -= 1;
        sum = _mm_xor_si128(sum, fold_by(load(next), left));
    }
    return ~reduce(sum);
}

static int multiplies = 0;

__attribute__((constructor)) static void choose(void) {
    make_tables();
    multiplies = processor_multiplies();
}

uint32_t cintrinsics_crc32(uint32_t crc, const void *bytes, size_t count) {
    return multiplies ? with_multiplication(crc, bytes, count) : cintrinsics_crc32_tables(crc, bytes, count);
}

#else

__attribute__((constructor)) static void choose(void) { make_tables(); }

uint32_t cintrinsics_crc32(uint32_t crc, const void *bytes, size_t count) {
    return cintrinsics_crc32_tables(crc, bytes, count);
}

#endif

#include "CIntrinsics.h"

// Jones's polynomial x^64 + … + 1, 0xad93d23594c935a9 without its highest term, its bits reflected. The checksum begins
// with 0 and is not complemented.
static const uint64_t polynomial = 0x95ac9329ac4bc9b5u;

static uint64_t table[8][256];

static inline uint64_t times_x(uint64_t value) { return (value >> 1) ^ (polynomial & (0u - (value & 1))); }

static void make_tables(void) {
    for (uint64_t byte = 0; byte < 256; byte++) {
        uint64_t value = byte;
        for (int bit = 0; bit < 8; bit++) value = times_x(value);
        table[0][byte] = value;
    }
    for (int byte = 0; byte < 256; byte++)
        for (int slice = 1; slice < 8; slice++)
            table[slice][byte] = (table[slice - 1][byte] >> 8) ^ table[0][table[slice - 1][byte] & 0xff];
}

uint64_t cintrinsics_crc64_tables(uint64_t crc, const void *bytes, size_t count) {
    const uint8_t *next = bytes;
    for (; count >= 8; count -= 8, next += 8) {
        uint64_t word;
        __builtin_memcpy(&word, next, 8);
        word ^= crc;
        crc = table[7][word & 0xff] ^ table[6][(word >> 8) & 0xff] ^ table[5][(word >> 16) & 0xff] ^
              table[4][(word >> 24) & 0xff] ^ table[3][(word >> 32) & 0xff] ^ table[2][(word >> 40) & 0xff] ^
              table[1][(word >> 48) & 0xff] ^ table[0][word >> 56];
    }
    while (count-- > 0) crc = (crc >> 8) ^ table[0][(crc ^ *next++) & 0xff];
    return crc;
}

#if defined(__x86_64__)

// With PCLMULQDQ, by the method that crc32.c tells. Pieces of a snapshot are long, so what is left after the folds, up
// to 31 bytes, goes through the tables.

#include "multiplication.h"

// Multipliers for a fold by one block of 128 bits and by four: for the first word in memory and the second.
static uint64_t by_one_block[2] __attribute__((aligned(16)));
static uint64_t by_four_blocks[2] __attribute__((aligned(16)));

static void make_multipliers(uint64_t *multipliers, int bits) {
    // x^0 is the highest bit of a reflected word.
    uint64_t power = (uint64_t)1 << 63;
    for (int exponent = 1; exponent <= bits + 63; exponent++) {
        power = times_x(power);
        if (exponent == bits - 1) multipliers[1] = power;
    }
    multipliers[0] = power;
}

WITH_MULTIPLICATION static uint64_t with_multiplication(uint64_t crc, const void *bytes, size_t count) {
    if (count < 64) return cintrinsics_crc64_tables(crc, bytes, count);
    const uint8_t *next = bytes;
    __m128i first = _mm_xor_si128(load(next), _mm_cvtsi64_si128((long long)crc));
    __m128i second = load(next + 16);
    __m128i third = load(next + 32);
    __m128i fourth = load(next + 48);
    const __m128i by_four = load(by_four_blocks);
    for (next += 64, count -= 64; count >= 64; next += 64, count -= 64) {
        first = _mm_xor_si128(fold(first, by_four), load(next));
        second = _mm_xor_si128(fold(second, by_four), load(next + 16));
        third = _mm_xor_si128(fold(third, by_four), load(next + 32));
        fourth = _mm_xor_si128(fold(fourth, by_four), load(next + 48));
    }
    const __m128i by_one = load(by_one_block);
    __m128i sum = _mm_xor_si128(fold(first, by_one), second);
    sum = _mm_xor_si128(fold(sum, by_one), third);
    sum = _mm_xor_si128(fold(sum, by_one), fourth);
    for (; count >= 16; next += 16, count -= 16) sum = _mm_xor_si128(fold(sum, by_one), load(next));
    uint8_t last[16];
    _mm_storeu_si128((__m128i *)last, sum);
    return cintrinsics_crc64_tables(cintrinsics_crc64_tables(0, last, sizeof last), next, count);
}

static int multiplies = 0;

__attribute__((constructor)) static void choose(void) {
    make_tables();
    make_multipliers(by_one_block, 128);
    make_multipliers(by_four_blocks, 512);
    multiplies = processor_multiplies();
}

uint64_t cintrinsics_crc64(uint64_t crc, const void *bytes, size_t count) {
    return multiplies ? with_multiplication(crc, bytes, count) : cintrinsics_crc64_tables(crc, bytes, count);
}

#else

__attribute__((constructor)) static void choose(void) { make_tables(); }

uint64_t cintrinsics_crc64(uint64_t crc, const void *bytes, size_t count) {
    return cintrinsics_crc64_tables(crc, bytes, count);
}

#endif

// One bit a byte for each class of bytes that JSON's structure is made of, for 64 bytes at a time.
//
// The one thing that Swift's portable vectors cannot say is "gather the top bit of each lane" (pmovmskb); without it
// the scan spends most of its time gathering. Everything else stays in Swift. SSE2 belongs to every x86-64, AVX2 is asked
// for; elsewhere the portable form gives the same bits. A test compares all of them byte by byte.
#pragma once

#include <stdint.h>
#include <string.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

typedef struct {
    uint64_t quotes;      // '"'
    uint64_t backslashes; // '\'
    uint64_t opens;       // '{' and '['
    uint64_t closes;      // '}' and ']'
    uint64_t controls;    // below 0x20
    uint64_t non_ascii;   // 0x80 and above
} decahose_block_masks_t;

// One bit for each of eight bytes whose top bit is set.
static inline uint64_t decahose_gather_top_bits(uint64_t word) {
    return (((word >> 7) & 0x0101010101010101u) * 0x0102040810204080u) >> 56;
}

// The top bit of each byte of `word` that equals `byte`; exact for every byte.
static inline uint64_t decahose_equal_bytes(uint64_t word, uint8_t byte) {
    const uint64_t low = 0x7F7F7F7F7F7F7F7Fu;
    uint64_t difference = word ^ (0x0101010101010101u * byte);
    return ~(((difference & low) + low) | difference | low);
}

// The masks of the 64 bytes at `block`, without vectors.
static inline decahose_block_masks_t decahose_block_masks_portable(const uint8_t *block) {
    decahose_block_masks_t masks = {0, 0, 0, 0, 0, 0};
    for (int part = 0; part < 8; part++) {
        uint64_t word;
        memcpy(&word, block + 8 * part, 8);
#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
        word = __builtin_bswap64(word);
#endif
        int shift = 8 * part;
        uint64_t folded = word | 0x2020202020202020u;
        masks.quotes |= decahose_gather_top_bits(decahose_equal_bytes(word, 0x22)) << shift;
        masks.backslashes |= decahose_gather_top_bits(decahose_equal_bytes(word, 0x5C)) << shift;
        masks.opens |= decahose_gather_top_bits(decahose_equal_bytes(folded, 0x7B)) << shift;
        masks.closes |= decahose_gather_top_bits(decahose_equal_bytes(folded, 0x7D)) << shift;
        masks.controls |= decahose_gather_top_bits(decahose_equal_bytes(word & 0xE0E0E0E0E0E0E0E0u, 0)) << shift;
        masks.non_ascii |= decahose_gather_top_bits(word) << shift;
    }
    return masks;
}

#if defined(__x86_64__)
static inline uint64_t decahose_gather_16(__m128i a, __m128i b, __m128i c, __m128i d) {
    return (uint64_t)(uint32_t)_mm_movemask_epi8(a) | (uint64_t)(uint32_t)_mm_movemask_epi8(b) << 16
        | (uint64_t)(uint32_t)_mm_movemask_epi8(c) << 32 | (uint64_t)(uint32_t)_mm_movemask_epi8(d) << 48;
}

static inline uint64_t decahose_equal_16(__m128i a, __m128i b, __m128i c, __m128i d, char byte) {
    __m128i wanted = _mm_set1_epi8(byte);
    return decahose_gather_16(
        _mm_cmpeq_epi8(a, wanted), _mm_cmpeq_epi8(b, wanted), _mm_cmpeq_epi8(c, wanted), _mm_cmpeq_epi8(d, wanted));
}

// The same with the vectors of every x86-64.
static inline decahose_block_masks_t decahose_block_masks_sse2(const uint8_t *block) {
    const __m128i *parts = (const __m128i *)block;
    __m128i a = _mm_loadu_si128(parts), b = _mm_loadu_si128(parts + 1);
    __m128i c = _mm_loadu_si128(parts + 2), d = _mm_loadu_si128(parts + 3);
    // '[' and '{', ']' and '}' differ only in bit 5.
    __m128i fold = _mm_set1_epi8(0x20);
    __m128i fa = _mm_or_si128(a, fold), fb = _mm_or_si128(b, fold);
    __m128i fc = _mm_or_si128(c, fold), fd = _mm_or_si128(d, fold);
    decahose_block_masks_t masks;
    masks.quotes = decahose_equal_16(a, b, c, d, 0x22);
    masks.backslashes = decahose_equal_16(a, b, c, d, 0x5C);
    masks.opens = decahose_equal_16(fa, fb, fc, fd, 0x7B);
    masks.closes = decahose_equal_16(fa, fb, fc, fd, 0x7D);
    masks.non_ascii = decahose_gather_16(a, b, c, d);
    // As signed bytes, control characters and everything beyond ASCII are below a space.
    masks.controls = decahose_gather_16(
        _mm_cmplt_epi8(a, fold), _mm_cmplt_epi8(b, fold), _mm_cmplt_epi8(c, fold), _mm_cmplt_epi8(d, fold))
        & ~masks.non_ascii;
    return masks;
}

#define DECAHOSE_AVX2 __attribute__((target("avx2")))

DECAHOSE_AVX2 static inline uint64_t decahose_gather_32(__m256i a, __m256i b) {
    return (uint64_t)(uint32_t)_mm256_movemask_epi8(a) | (uint64_t)(uint32_t)_mm256_movemask_epi8(b) << 32;
}

DECAHOSE_AVX2 static inline uint64_t decahose_equal_32(__m256i a, __m256i b, char byte) {
    __m256i wanted = _mm256_set1_epi8(byte);
    return decahose_gather_32(_mm256_cmpeq_epi8(a, wanted), _mm256_cmpeq_epi8(b, wanted));
}

// The same with AVX2, for `count` blocks.
DECAHOSE_AVX2 static inline void decahose_run_masks_avx2(
    const uint8_t *blocks, long count, decahose_block_masks_t *masks) {
    __m256i fold = _mm256_set1_epi8(0x20);
    for (long number = 0; number < count; number++) {
        const __m256i *parts = (const __m256i *)(blocks + 64 * number);
        __m256i a = _mm256_loadu_si256(parts), b = _mm256_loadu_si256(parts + 1);
        __m256i fa = _mm256_or_si256(a, fold), fb = _mm256_or_si256(b, fold);
        uint64_t non_ascii = decahose_gather_32(a, b);
        masks[number].quotes = decahose_equal_32(a, b, 0x22);
        masks[number].backslashes = decahose_equal_32(a, b, 0x5C);
        masks[number].opens = decahose_equal_32(fa, fb, 0x7B);
        masks[number].closes = decahose_equal_32(fa, fb, 0x7D);
        masks[number].non_ascii = non_ascii;
        masks[number].controls =
            decahose_gather_32(_mm256_cmpgt_epi8(fold, a), _mm256_cmpgt_epi8(fold, b)) & ~non_ascii;
    }
}
#endif

// The masks of `count` blocks of 64 bytes, which need not be aligned; the lowest bit is the first byte.
static inline void decahose_run_masks(const uint8_t *blocks, long count, decahose_block_masks_t *masks) {
#if defined(__x86_64__)
    if (__builtin_cpu_supports("avx2")) {
        decahose_run_masks_avx2(blocks, count, masks);
        return;
    }
    for (long number = 0; number < count; number++) masks[number] = decahose_block_masks_sse2(blocks + 64 * number);
#else
    for (long number = 0; number < count; number++) masks[number] = decahose_block_masks_portable(blocks + 64 * number);
#endif
}

#include <stddef.h>
#include <stdint.h>
#include <zlib.h>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

// inflateInit2 and deflateInit2 are macros that hand over ZLIB_VERSION and the size of z_stream; Swift sees no macros.
static inline int decahose_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

static inline int decahose_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

#if defined(__x86_64__)
// One step of folding: `lanes` carried over 128 bits times the two constants' distance, plus the next 16 bytes.
__attribute__((target("pclmul,sse4.1"))) static inline __m128i decahose_fold(
    __m128i lanes, __m128i constants, __m128i next) {
    __m128i low = _mm_clmulepi64_si128(lanes, constants, 0x00);
    __m128i high = _mm_clmulepi64_si128(lanes, constants, 0x11);
    return _mm_xor_si128(_mm_xor_si128(low, high), next);
}

// gzip's CRC-32 by carry-less multiplication, for at least 64 bytes and whole multiples of 16.
//
// V. Gopal et al., "Fast CRC Computation for Generic Polynomials Using PCLMULQDQ Instruction", Intel 2009; the constants are
// the paper's for the reflected polynomial.
__attribute__((target("pclmul,sse4.1"))) static inline uint32_t decahose_crc32_folded(
    uint32_t checksum, const unsigned char *bytes, size_t count) {
    const __m128i by_64 = _mm_set_epi64x(0x01C6E41596, 0x0154442BD4);
    const __m128i by_16 = _mm_set_epi64x(0x00CCAA009E, 0x01751997D0);
    const __m128i by_8 = _mm_set_epi64x(0, 0x0163CD6124);
    const __m128i polynomial = _mm_set_epi64x(0x01F7011641, 0x01DB710641);
    const __m128i low_words = _mm_setr_epi32(~0, 0, ~0, 0);
    const __m128i *next = (const __m128i *)bytes;
    __m128i a = _mm_loadu_si128(next), b = _mm_loadu_si128(next + 1);
    __m128i c = _mm_loadu_si128(next + 2), d = _mm_loadu_si128(next + 3);
    a = _mm_xor_si128(a, _mm_cvtsi32_si128((int)~checksum));
    size_t left = count / 16 - 4;
    next += 4;
    for (; left >= 4; left -= 4, next += 4) {
        a = decahose_fold(a, by_64, _mm_loadu_si128(next));
        b = decahose_fold(b, by_64, _mm_loadu_si128(next + 1));
        c = decahose_fold(c, by_64, _mm_loadu_si128(next + 2));
        d = decahose_fold(d, by_64, _mm_loadu_si128(next + 3));
    }
    a = decahose_fold(a, by_16, b);
    a = decahose_fold(a, by_16, c);
    a = decahose_fold(a, by_16, d);
    for (; left > 0; left -= 1, next += 1) a = decahose_fold(a, by_16, _mm_loadu_si128(next));
    // From 128 bits to 64, to 32, and Barrett's reduction of the rest.
    a = _mm_xor_si128(_mm_srli_si128(a, 8), _mm_clmulepi64_si128(a, by_16, 0x10));
    __m128i high = _mm_srli_si128(a, 4);
    a = _mm_xor_si128(_mm_clmulepi64_si128(_mm_and_si128(a, low_words), by_8, 0x00), high);
    __m128i quotient = _mm_clmulepi64_si128(_mm_and_si128(a, low_words), polynomial, 0x10);
    quotient = _mm_clmulepi64_si128(_mm_and_si128(quotient, low_words), polynomial, 0x00);
    return ~(uint32_t)_mm_extract_epi32(_mm_xor_si128(a, quotient), 1);
}
#endif

// zlib's crc32, the same value at three times the speed where the processor multiplies without carries: zlib's own is a third
// of what inflating such text costs.
static inline uint32_t decahose_crc32(uint32_t checksum, const unsigned char *bytes, size_t count) {
#if defined(__x86_64__)
    if (count >= 64 && __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("sse4.1")) {
        size_t whole = count & ~(size_t)15;
        checksum = decahose_crc32_folded(checksum, bytes, whole);
        bytes += whole;
        count -= whole;
    }
#endif
    return (uint32_t)crc32_z(checksum, bytes, count);
}

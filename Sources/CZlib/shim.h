#include <zlib.h>

// inflateInit2 and deflateInit2 are macros that hand over ZLIB_VERSION and the size of z_stream; Swift sees no macros.
static inline int decahose_inflate_init(z_stream *stream, int window_bits) {
    return inflateInit2(stream, window_bits);
}

static inline int decahose_deflate_init(z_stream *stream, int level, int window_bits, int memory_level) {
    return deflateInit2(stream, level, Z_DEFLATED, window_bits, memory_level, Z_DEFAULT_STRATEGY);
}

#include "GzipMember.h"

#include <zlib.h>

size_t gzip_member_bound(size_t count) {
    // A flush adds a few bytes; incompressible blocks add five for each 16 KiB.
    return count + count / 64 + 4096;
}

size_t gzip_member(const void *plain, size_t count, size_t flush_bytes, void *output, size_t output_size) {
    z_stream stream = {0};
    if (deflateInit2(&stream, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) return 0;
    stream.next_out = output;
    stream.avail_out = (unsigned)output_size;
    size_t done = 0;
    int status = Z_OK;
    while (status == Z_OK) {
        size_t piece = count - done < flush_bytes ? count - done : flush_bytes;
        stream.next_in = (unsigned char *)plain + done;
        stream.avail_in = (unsigned)piece;
        done += piece;
        status = deflate(&stream, done < count ? Z_SYNC_FLUSH : Z_FINISH);
        if (stream.avail_in > 0 || stream.avail_out == 0) break;
    }
    size_t written = output_size - stream.avail_out;
    deflateEnd(&stream);
    return status == Z_STREAM_END ? written : 0;
}

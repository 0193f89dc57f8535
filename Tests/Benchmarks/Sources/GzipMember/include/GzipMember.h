#ifndef DECAHOSE_GZIP_MEMBER_H
#define DECAHOSE_GZIP_MEMBER_H

#include <stddef.h>

/// The most bytes that a member of `count` plain bytes can take.
size_t gzip_member_bound(size_t count);

/// Compresses into one gzip member by deflate at level 6, flushed every `flush_bytes` as a live stream is.
///
/// Returns the number of bytes written, 0 where zlib failed.
size_t gzip_member(const void *plain, size_t count, size_t flush_bytes, void *output, size_t output_size);

#endif

#ifndef DECAHOSE_ALLOCATION_COUNTS_H
#define DECAHOSE_ALLOCATION_COUNTS_H

#include <stdint.h>

/// How many call sites are told apart; the rest is counted without its site.
#define ALLOCATION_SITES_MAX 4096

/// One place that allocates.
typedef struct {
    /// The return address of the call to the allocator; 0 while the entry is free.
    uint64_t address;
    uint64_t calls;
} allocation_site;

/// What the counter writes into the file that `ALLOCATION_COUNTS` names, which must be as large as this.
typedef struct {
    /// Calls to malloc, calloc, realloc and their kin out of the program itself and out of Swift's own libraries.
    uint64_t ours;
    /// Calls out of everything else: librdkafka, libcurl, the C library.
    uint64_t others;
    /// Where the program itself lies in memory, for `addr2line` on an address of `sites`.
    uint64_t program_base;
    /// Our sites.
    allocation_site sites[ALLOCATION_SITES_MAX];
} allocation_counts;

#endif

// Preloaded into a program (LD_PRELOAD), counts its allocations by who asked for them: the code that called malloc is
// ours if it lies in the program or in one of Swift's libraries, for `swift_allocObject` is one of those.
#define _GNU_SOURCE
#include "AllocationCounts.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

// glibc's own names, so that nothing has to be looked up while the allocator is not there yet.
extern void *__libc_malloc(size_t);
extern void *__libc_calloc(size_t, size_t);
extern void *__libc_realloc(void *, size_t);
extern void *__libc_memalign(size_t, size_t);

#define RANGES_MAX 64

static struct {
    uintptr_t start, end;
} ranges[RANGES_MAX];
static int range_count;
static allocation_counts *counts;

static int is_ours(const char *name) {
    // The dynamic linker gives the program itself no name.
    if (name[0] == 0) return 1;
    const char *file = strrchr(name, '/');
    file = file ? file + 1 : name;
    return strncmp(file, "libswift", 8) == 0 || strncmp(file, "libFoundation", 13) == 0
        || strncmp(file, "lib_Foundation", 14) == 0 || strncmp(file, "libdispatch", 11) == 0
        || strncmp(file, "libBlocksRuntime", 16) == 0;
}

static int add_ranges(struct dl_phdr_info *info, size_t size, void *context) {
    (void)size;
    (void)context;
    if (!is_ours(info->dlpi_name)) return 0;
    if (info->dlpi_name[0] == 0) counts->program_base = info->dlpi_addr;
    for (int index = 0; index < info->dlpi_phnum; index++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[index];
        if (segment->p_type != PT_LOAD || !(segment->p_flags & PF_X) || range_count == RANGES_MAX) continue;
        ranges[range_count].start = info->dlpi_addr + segment->p_vaddr;
        ranges[range_count].end = ranges[range_count].start + segment->p_memsz;
        range_count += 1;
    }
    return 0;
}

__attribute__((constructor)) static void begin(void) {
    const char *path = getenv("ALLOCATION_COUNTS");
    if (!path) return;
    int file = open(path, O_RDWR | O_CLOEXEC);
    if (file < 0) return;
    void *memory = mmap(NULL, sizeof(allocation_counts), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    close(file);
    if (memory == MAP_FAILED) return;
    allocation_counts *mapped = memory;
    counts = mapped;
    dl_iterate_phdr(add_ranges, NULL);
    // Only what this process starts itself is measured.
    unsetenv("LD_PRELOAD");
}

static void count_site(uintptr_t caller) {
    size_t first = (caller >> 2) % ALLOCATION_SITES_MAX;
    for (size_t step = 0; step < 16; step++) {
        allocation_site *site = &counts->sites[(first + step) % ALLOCATION_SITES_MAX];
        uint64_t free_address = 0;
        if (site->address == caller
            || __atomic_compare_exchange_n(
                &site->address, &free_address, caller, 0, __ATOMIC_RELAXED, __ATOMIC_RELAXED)
            || free_address == caller) {
            __atomic_add_fetch(&site->calls, 1, __ATOMIC_RELAXED);
            return;
        }
    }
}

static void count(void *return_address) {
    if (!counts) return;
    uintptr_t caller = (uintptr_t)return_address;
    for (int index = 0; index < range_count; index++) {
        if (caller >= ranges[index].start && caller < ranges[index].end) {
            __atomic_add_fetch(&counts->ours, 1, __ATOMIC_RELAXED);
            count_site(caller);
            return;
        }
    }
    __atomic_add_fetch(&counts->others, 1, __ATOMIC_RELAXED);
}

void *malloc(size_t size) {
    count(__builtin_return_address(0));
    return __libc_malloc(size);
}

void *calloc(size_t number, size_t size) {
    count(__builtin_return_address(0));
    return __libc_calloc(number, size);
}

void *realloc(void *memory, size_t size) {
    count(__builtin_return_address(0));
    return __libc_realloc(memory, size);
}

void *memalign(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    return __libc_memalign(alignment, size);
}

int posix_memalign(void **memory, size_t alignment, size_t size) {
    count(__builtin_return_address(0));
    void *result = __libc_memalign(alignment, size);
    if (!result) return ENOMEM;
    *memory = result;
    return 0;
}

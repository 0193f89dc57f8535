#include <stddef.h>
#include <stdint.h>

// Part of libFuzzer, which the compiler links in with -sanitize=fuzzer.
int LLVMFuzzerRunDriver(int *argc, char ***argv, int (*test)(const uint8_t *bytes, size_t count));

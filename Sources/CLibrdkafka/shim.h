// librdkafka's C API, the one call of it that Swift cannot make (a variadic function), and two of the allocator below it.
#ifndef DECAHOSE_CLIBRDKAFKA_SHIM_H
#define DECAHOSE_CLIBRDKAFKA_SHIM_H

// rdkafka_mock.h insists on being included second.
#include <librdkafka/rdkafka.h>
#include <librdkafka/rdkafka_mock.h>

#include <malloc.h>

/// Queues one record without headers: a copy of it, or with `flags` 0 the value itself, which then has to stay where it is
/// until the record's report. A NULL value is a tombstone, a NULL key means no key.
///
/// `rd_kafka_producev` rather than `rd_kafka_produceva`: the latter allocates an error object for every full queue,
/// and in 2.0.2 frees headers twice for a partition that does not exist.
static inline rd_kafka_resp_err_t decahose_rd_kafka_produce(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_length,
    const void *value, size_t value_length, int flags, int64_t timestamp_ms, void *opaque) {
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
        RD_KAFKA_V_KEY(key, key_length), RD_KAFKA_V_VALUE((void *)value, value_length),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(opaque), RD_KAFKA_V_END);
}

/// The same with one header, whose name is a C string.
static inline rd_kafka_resp_err_t decahose_rd_kafka_produce_with_header(
    rd_kafka_t *client, rd_kafka_topic_t *topic, int32_t partition, const void *key, size_t key_length,
    const void *value, size_t value_length, int flags, int64_t timestamp_ms, void *opaque, const char *header_name,
    const void *header_value, size_t header_value_length) {
    return rd_kafka_producev(
        client, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(partition), RD_KAFKA_V_MSGFLAGS(flags),
        RD_KAFKA_V_KEY(key, key_length), RD_KAFKA_V_VALUE((void *)value, value_length),
        RD_KAFKA_V_TIMESTAMP(timestamp_ms), RD_KAFKA_V_OPAQUE(opaque),
        RD_KAFKA_V_HEADER(header_name, header_value, (ssize_t)header_value_length), RD_KAFKA_V_END);
}

/// Gives whole pages that are free in any of glibc's arenas back to the system.
static inline void decahose_release_freed_memory(void) {
    malloc_trim(0);
}

/// Lets glibc keep freed blocks of up to 8 MiB, and up to 16 MiB at the end of an arena, instead of giving them back to the
/// system at once.
static inline void decahose_keep_freed_buffers(void) {
    mallopt(M_MMAP_THRESHOLD, 8 << 20);
    mallopt(M_TRIM_THRESHOLD, 16 << 20);
}

#endif

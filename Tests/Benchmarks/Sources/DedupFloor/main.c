// The least work anyone could do between two topics with the same library: consume, produce what was consumed, and commit
// both in transactions that carry the offsets, with the stage's own settings. It looks at nothing and knows no Tweet.
//
//   DedupFloor <bootstrap servers> <from> <to> <group> <commit interval, ms> <how many records>
//
// Ends with 0 once it has passed on so many records, all of them committed.
#include <librdkafka/rdkafka.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PARTITIONS_MAX 1024

static const char *servers;
static int64_t next_offsets[PARTITIONS_MAX];
static long failed;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "DedupFloor: %s: %s\n", what, why);
    exit(1);
}

static void check(const char *what, rd_kafka_error_t *error) {
    if (error) fail(what, rd_kafka_error_string(error));
}

static int64_t milliseconds(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void on_report(rd_kafka_t *from, const rd_kafka_message_t *message, void *context) {
    (void)from;
    (void)context;
    if (message->err) failed += 1;
}

static rd_kafka_t *client(rd_kafka_type_t type, const char *const properties[][2], size_t count, const char *name) {
    char text[512];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    for (size_t index = 0; index < count; index++) {
        if (rd_kafka_conf_set(configuration, properties[index][0], properties[index][1], text, sizeof text)) {
            fail("configuration", text);
        }
    }
    const char *own = type == RD_KAFKA_PRODUCER ? "transactional.id" : "group.id";
    if (rd_kafka_conf_set(configuration, own, name, text, sizeof text) ||
        rd_kafka_conf_set(configuration, "bootstrap.servers", servers, text, sizeof text)) {
        fail("configuration", text);
    }
    if (type == RD_KAFKA_PRODUCER) rd_kafka_conf_set_dr_msg_cb(configuration, on_report);
    rd_kafka_t *made = rd_kafka_new(type, configuration, text, sizeof text);
    if (!made) fail("client", text);
    return made;
}

static int partition_count(rd_kafka_t *producer, rd_kafka_topic_t *topic) {
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(producer, 0, topic, &metadata, 10000);
    if (code) fail("metadata", rd_kafka_err2str(code));
    int count = metadata->topics[0].partition_cnt;
    rd_kafka_metadata_destroy(metadata);
    if (count < 1 || count > PARTITIONS_MAX) fail("metadata", "no such topic, or too many partitions");
    return count;
}

static void commit(rd_kafka_t *producer, rd_kafka_t *consumer, const char *from, int partitions) {
    rd_kafka_topic_partition_list_t *offsets = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++) {
        if (next_offsets[partition] > 0) {
            rd_kafka_topic_partition_list_add(offsets, from, partition)->offset = next_offsets[partition];
        }
    }
    rd_kafka_consumer_group_metadata_t *group = rd_kafka_consumer_group_metadata(consumer);
    check("offsets", rd_kafka_send_offsets_to_transaction(producer, offsets, group, 10000));
    check("commit", rd_kafka_commit_transaction(producer, 10000));
    rd_kafka_consumer_group_metadata_destroy(group);
    rd_kafka_topic_partition_list_destroy(offsets);
}

static void pass_on(rd_kafka_t *producer, rd_kafka_topic_t *topic, rd_kafka_message_t *message) {
    while (1) {
        rd_kafka_resp_err_t code = rd_kafka_producev(
            producer, RD_KAFKA_V_RKT(topic), RD_KAFKA_V_PARTITION(message->partition),
            RD_KAFKA_V_MSGFLAGS(RD_KAFKA_MSG_F_COPY), RD_KAFKA_V_KEY(message->key, message->key_len),
            RD_KAFKA_V_VALUE(message->payload, message->len),
            RD_KAFKA_V_TIMESTAMP(rd_kafka_message_timestamp(message, NULL)), RD_KAFKA_V_END);
        if (code == RD_KAFKA_RESP_ERR_NO_ERROR) break;
        if (code != RD_KAFKA_RESP_ERR__QUEUE_FULL) fail("produce", rd_kafka_err2str(code));
        rd_kafka_poll(producer, 10);
    }
    next_offsets[message->partition] = message->offset + 1;
}

int main(int count, char **arguments) {
    static const char *const of_producer[][2] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"compression.type", "lz4"},
        {"linger.ms", "5"},
        {"batch.size", "1000000"},
        {"message.max.bytes", "8388608"},
        {"queue.buffering.max.messages", "0"},
        {"queue.buffering.max.kbytes", "65536"},
        {"transaction.timeout.ms", "10000"},
    };
    static const char *const of_consumer[][2] = {
        {"isolation.level", "read_uncommitted"},
        {"enable.auto.commit", "false"},
        {"enable.auto.offset.store", "false"},
        {"fetch.wait.max.ms", "50"},
        {"queued.max.messages.kbytes", "32768"},
    };
    if (count != 7) fail("usage", "DedupFloor <servers> <from> <to> <group> <commit interval, ms> <records>");
    servers = arguments[1];
    const char *from = arguments[2];
    const int64_t interval = atol(arguments[5]);
    const long total = atol(arguments[6]);

    rd_kafka_t *producer = client(
        RD_KAFKA_PRODUCER, of_producer, sizeof of_producer / sizeof of_producer[0], arguments[4]);
    check("transactions", rd_kafka_init_transactions(producer, 30000));
    rd_kafka_topic_t *topic = rd_kafka_topic_new(producer, arguments[3], NULL);
    const int partitions = partition_count(producer, topic);
    rd_kafka_t *consumer = client(
        RD_KAFKA_CONSUMER, of_consumer, sizeof of_consumer / sizeof of_consumer[0], arguments[4]);
    rd_kafka_poll_set_consumer(consumer);
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(partitions);
    for (int partition = 0; partition < partitions; partition++) {
        rd_kafka_topic_partition_list_add(list, from, partition)->offset = RD_KAFKA_OFFSET_BEGINNING;
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(consumer, list);
    if (code) fail("assign", rd_kafka_err2str(code));
    rd_kafka_topic_partition_list_destroy(list);

    long passed = 0, waited = 0;
    while (passed < total) {
        check("begin", rd_kafka_begin_transaction(producer));
        const int64_t end = milliseconds() + interval;
        // The clock is looked at as seldom as the stage does.
        while (passed < total && milliseconds() < end) {
            for (int turn = 0; turn < 64 && passed < total; turn++) {
                rd_kafka_message_t *message = rd_kafka_consumer_poll(consumer, turn == 0 ? 10 : 0);
                if (!message) {
                    waited += turn == 0;
                    break;
                }
                if (message->err) fail("consume", rd_kafka_message_errstr(message));
                pass_on(producer, topic, message);
                rd_kafka_message_destroy(message);
                passed += 1;
                waited = 0;
            }
            rd_kafka_poll(producer, 0);
            if (waited > 3000) fail("consume", "there are not so many records");
        }
        commit(producer, consumer, from, partitions);
    }
    if (failed > 0) fail("produce", "records were refused");
    printf("%ld\n", passed);
    rd_kafka_topic_destroy(topic);
    rd_kafka_consumer_close(consumer);
    rd_kafka_destroy(consumer);
    rd_kafka_destroy(producer);
    return 0;
}

/* Reads a topic from its beginning to its end with nothing but librdkafka, as DownstreamTests compares it.
 *
 * Usage: reader brokers topic; one line a record: partition, offset, key, the value's size (-1 for none), value. */

#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>

static void fail(const char *what) {
    fprintf(stderr, "%s\n", what);
    exit(1);
}

static void set(rd_kafka_conf_t *properties, const char *name, const char *value) {
    char error[512];
    if (rd_kafka_conf_set(properties, name, value, error, sizeof error) != RD_KAFKA_CONF_OK) fail(error);
}

int main(int count, char **arguments) {
    if (count != 3) fail("usage: reader brokers topic");
    const char *topic = arguments[2];
    rd_kafka_conf_t *properties = rd_kafka_conf_new();
    set(properties, "bootstrap.servers", arguments[1]);
    set(properties, "group.id", "reader");
    set(properties, "enable.auto.commit", "false");
    set(properties, "enable.partition.eof", "true");
    set(properties, "isolation.level", "read_committed");
    char error[512];
    rd_kafka_t *client = rd_kafka_new(RD_KAFKA_CONSUMER, properties, error, sizeof error);
    if (client == NULL) fail(error);
    rd_kafka_poll_set_consumer(client);

    rd_kafka_topic_t *handle = rd_kafka_topic_new(client, topic, NULL);
    const struct rd_kafka_metadata *metadata;
    if (rd_kafka_metadata(client, 0, handle, &metadata, 30000) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("no metadata");
    int unread = metadata->topics[0].partition_cnt;
    rd_kafka_topic_partition_list_t *positions = rd_kafka_topic_partition_list_new(unread);
    for (int number = 0; number < unread; number++)
        rd_kafka_topic_partition_list_add(positions, topic, number)->offset = RD_KAFKA_OFFSET_BEGINNING;
    rd_kafka_metadata_destroy(metadata);
    rd_kafka_topic_destroy(handle);
    if (rd_kafka_assign(client, positions) != RD_KAFKA_RESP_ERR_NO_ERROR) fail("no assignment");
    rd_kafka_topic_partition_list_destroy(positions);

    while (unread > 0) {
        rd_kafka_message_t *message = rd_kafka_consumer_poll(client, 30000);
        if (message == NULL) fail("nothing came for 30 s");
        if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
            unread--;
        } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
            fail(rd_kafka_message_errstr(message));
        } else {
            int size = message->payload == NULL ? -1 : (int)message->len;
            printf("%d %lld %.*s %d %.*s\n", (int)message->partition, (long long)message->offset, (int)message->key_len,
                   (const char *)message->key, size, size < 0 ? 0 : size, size < 0 ? "" : (const char *)message->payload);
        }
        rd_kafka_message_destroy(message);
    }
    rd_kafka_consumer_close(client);
    rd_kafka_destroy(client);
    return 0;
}

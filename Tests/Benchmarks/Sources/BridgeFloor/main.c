// The least work anyone could do with the same libraries: HTTP by libcurl, inflate by zlib, lines by memchr, and an
// unkeyed idempotent produce by librdkafka with the bridge's own settings. It checks nothing and knows no Tweet.
//
//   BridgeFloor <url> <bootstrap servers> <topic>
//
// Prints how many lines it framed and how many records were acknowledged; ends with 0 only if they are the same.
#include <curl/curl.h>
#include <librdkafka/rdkafka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

// As large as the bridge's, so that neither pays for more calls than the other.
#define PIECE_BYTES (256 << 10)
#define LINE_BYTES_MAX (16 << 20)

static rd_kafka_t *client;
static rd_kafka_topic_t *topic;
static z_stream stream;
static unsigned char output[PIECE_BYTES];
static char *pending;
static size_t pending_count;
static long framed, acknowledged, refused;

static void fail(const char *what, const char *why) {
    fprintf(stderr, "BridgeFloor: %s: %s\n", what, why);
    exit(1);
}

static void on_report(rd_kafka_t *from, const rd_kafka_message_t *message, void *context) {
    (void)from;
    (void)context;
    if (message->err) {
        refused += 1;
    } else {
        acknowledged += 1;
    }
}

static void produce(const char *line, size_t count) {
    if (count > 0 && line[count - 1] == '\r') count -= 1;
    if (count == 0) return;
    framed += 1;
    while (rd_kafka_produce(
               topic, RD_KAFKA_PARTITION_UA, RD_KAFKA_MSG_F_COPY, (void *)line, count, NULL, 0, NULL) != 0) {
        if (rd_kafka_last_error() != RD_KAFKA_RESP_ERR__QUEUE_FULL) {
            fail("produce", rd_kafka_err2str(rd_kafka_last_error()));
        }
        rd_kafka_poll(client, 10);
    }
}

static void keep(const char *bytes, size_t count) {
    if (pending_count + count > LINE_BYTES_MAX) fail("line", "too long");
    memcpy(pending + pending_count, bytes, count);
    pending_count += count;
}

static void frame(const char *bytes, size_t count) {
    const char *end = bytes + count;
    while (bytes < end) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        if (!newline) {
            keep(bytes, (size_t)(end - bytes));
            return;
        }
        if (pending_count > 0) {
            keep(bytes, (size_t)(newline - bytes));
            produce(pending, pending_count);
            pending_count = 0;
        } else {
            produce(bytes, (size_t)(newline - bytes));
        }
        bytes = newline + 1;
    }
}

static size_t on_body(char *bytes, size_t size, size_t count, void *context) {
    (void)context;
    stream.next_in = (unsigned char *)bytes;
    stream.avail_in = (unsigned)(size * count);
    do {
        stream.next_out = output;
        stream.avail_out = sizeof output;
        int status = inflate(&stream, Z_SYNC_FLUSH);
        if (status != Z_OK && status != Z_STREAM_END && status != Z_BUF_ERROR) fail("inflate", "damaged gzip");
        frame((const char *)output, sizeof output - stream.avail_out);
        if (status == Z_STREAM_END) {
            inflateReset(&stream);
        } else if (status == Z_BUF_ERROR) {
            break;
        }
    } while (stream.avail_in > 0 || stream.avail_out == 0);
    rd_kafka_poll(client, 0);
    return size * count;
}

static void make_producer(const char *servers, const char *name) {
    static const char *const properties[][2] = {
        {"enable.idempotence", "true"},
        {"acks", "all"},
        {"message.timeout.ms", "0"},
        {"queue.buffering.max.messages", "0"},
        {"queue.buffering.max.kbytes", "262144"},
        {"message.max.bytes", "8388608"},
        {"compression.type", "lz4"},
        {"batch.size", "1000000"},
    };
    char text[512];
    rd_kafka_conf_t *configuration = rd_kafka_conf_new();
    for (size_t index = 0; index < sizeof properties / sizeof properties[0]; index++) {
        if (rd_kafka_conf_set(configuration, properties[index][0], properties[index][1], text, sizeof text)) {
            fail("configuration", text);
        }
    }
    if (rd_kafka_conf_set(configuration, "bootstrap.servers", servers, text, sizeof text)) fail("servers", text);
    rd_kafka_conf_set_dr_msg_cb(configuration, on_report);
    client = rd_kafka_new(RD_KAFKA_PRODUCER, configuration, text, sizeof text);
    if (!client) fail("producer", text);
    topic = rd_kafka_topic_new(client, name, NULL);
    if (!topic) fail("topic", rd_kafka_err2str(rd_kafka_last_error()));
    // The connection is there before the first byte, as the bridge's is.
    const struct rd_kafka_metadata *metadata;
    rd_kafka_resp_err_t code = rd_kafka_metadata(client, 0, topic, &metadata, 10000);
    if (code) fail("metadata", rd_kafka_err2str(code));
    rd_kafka_metadata_destroy(metadata);
}

int main(int count, char **arguments) {
    if (count != 4) fail("usage", "BridgeFloor <url> <bootstrap servers> <topic>");
    make_producer(arguments[2], arguments[3]);
    pending = malloc(LINE_BYTES_MAX);
    if (!pending || inflateInit2(&stream, 15 + 16) != Z_OK) fail("memory", "none");
    curl_global_init(CURL_GLOBAL_ALL);
    CURL *easy = curl_easy_init();
    curl_easy_setopt(easy, CURLOPT_URL, arguments[1]);
    curl_easy_setopt(easy, CURLOPT_BUFFERSIZE, (long)PIECE_BYTES);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
    struct curl_slist *headers = curl_slist_append(NULL, "Accept-Encoding: gzip");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, headers);
    CURLcode code = curl_easy_perform(easy);
    if (code != CURLE_OK) fail("transfer", curl_easy_strerror(code));
    while (rd_kafka_flush(client, 1000) == RD_KAFKA_RESP_ERR__TIMED_OUT) continue;
    printf("%ld %ld\n", framed, acknowledged);
    rd_kafka_topic_destroy(topic);
    rd_kafka_destroy(client);
    curl_slist_free_all(headers);
    curl_easy_cleanup(easy);
    return framed == acknowledged && refused == 0 ? 0 : 1;
}

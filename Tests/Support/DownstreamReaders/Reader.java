// Reads a topic from its beginning to its end, read_committed, with Kafka's own client:
//   java -cp "$KAFKA_HOME/libs/*" Reader.java <brokers> <topic>
// A record is a line: partition offset key size value; the size is in bytes, -1 for a tombstone.

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

class Reader {
    public static void main(String[] arguments) throws Exception {
        Properties properties = new Properties();
        properties.put(ConsumerConfig.BOOTSTRAP_SERVERS_CONFIG, arguments[0]);
        properties.put(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");
        PrintStream output = new PrintStream(System.out, false, StandardCharsets.UTF_8);
        try (var consumer = new KafkaConsumer<>(properties, new StringDeserializer(), new ByteArrayDeserializer())) {
            List<TopicPartition> partitions = consumer.partitionsFor(arguments[1]).stream()
                .map(part -> new TopicPartition(part.topic(), part.partition()))
                .toList();
            consumer.assign(partitions);
            consumer.seekToBeginning(partitions);
            var ends = consumer.endOffsets(partitions);
            while (partitions.stream().anyMatch(part -> consumer.position(part) < ends.get(part))) {
                for (ConsumerRecord<String, byte[]> record : consumer.poll(Duration.ofMillis(200))) {
                    byte[] value = record.value();
                    output.print(record.partition() + " " + record.offset() + " " + record.key() + " ");
                    output.print(value == null ? "-1 " : value.length + " ");
                    if (value != null) output.write(value);
                    output.print("\n");
                }
            }
        }
        output.flush();
    }
}

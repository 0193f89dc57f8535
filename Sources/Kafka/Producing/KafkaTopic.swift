import CLibrdkafka

/// A topic as a producer writes to it, with the partition count that was found when the handle was made.
///
/// Keeps its producer's instance alive. May be used from any thread.
public final class KafkaTopic: Sendable {
    /// The topic's name.
    public let name: String
    /// How many partitions it had; `produce` refuses any number outside.
    public let partitionCount: Int32

    private let client: KafkaHandle
    private let topic: KafkaPointer

    var pointer: OpaquePointer { topic.raw }

    init(name: String, partitionCount: Int32, client: KafkaHandle) throws(KafkaError) {
        guard let pointer = rd_kafka_topic_new(client.pointer, name, nil) else {
            throw KafkaError(rd_kafka_last_error())
        }
        self.name = name
        self.partitionCount = partitionCount
        self.client = client
        self.topic = KafkaPointer(raw: pointer)
    }

    deinit {
        rd_kafka_topic_destroy(topic.raw)
    }
}

import CLibrdkafka

/// A consumer's membership at one moment: group, member, generation.
///
/// Any thread may use it, and it outlives its consumer.
public final class KafkaGroupMetadata: Sendable {
    private let metadata: KafkaPointer

    var pointer: OpaquePointer { metadata.raw }

    init(owning pointer: OpaquePointer) {
        metadata = KafkaPointer(raw: pointer)
    }

    deinit {
        rd_kafka_consumer_group_metadata_destroy(metadata.raw)
    }
}

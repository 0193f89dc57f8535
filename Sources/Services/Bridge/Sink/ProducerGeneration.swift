import Kafka
import Settings
import Tweets

/// One producer and its topics; a fatal error ends it, and the next one takes its place.
final class ProducerGeneration: Sendable {
    let number: Int
    let producer: KafkaProducer
    let raw: KafkaTopic
    let compliance: KafkaTopic
    let deadletter: KafkaTopic
    let control: KafkaTopic

    /// Makes a producer and looks its topics up.
    ///
    /// Blocks for at most a few times `timeout`.
    ///
    /// - Throws: `unknownTopicOrPartition` where a topic is missing; other codes while Kafka cannot be reached.
    init(
        number: Int,
        properties: KafkaProperties,
        observer: KafkaObserver,
        topics: TopicNames,
        timeout: Duration
    ) throws(KafkaError) {
        self.number = number
        producer = try KafkaProducer(properties, observer: observer)
        raw = try producer.topic(topics.raw, timeout: timeout)
        compliance = try producer.topic(topics.compliance, timeout: timeout)
        deadletter = try producer.topic(topics.deadletter, timeout: timeout)
        control = try producer.topic(topics.control, timeout: timeout)
    }

    func topic(_ kind: RecordOpaque.Kind) -> KafkaTopic {
        switch kind {
        case .raw: raw
        case .compliance: compliance
        case .deadletter: deadletter
        case .control: control
        }
    }
}

extension KafkaProperties {
    /// What the producer of everything that is read from the upstream runs with.
    ///
    /// - Parameters:
    ///   - common: The user's properties, which win where they carry no promise.
    ///   - clientID: How it shows at the broker.
    ///   - bufferBytes: How much may wait for Kafka.
    static func ingest(_ common: CommonSettings, clientID: String, bufferBytes: Int) -> KafkaProperties {
        let given = Set(common.kafka.map(\.name))
        var ours: KafkaProperties = [
            "enable.idempotence": "true",
            "acks": "all",
            // Records never time out: the buffer is what is limited.
            "message.timeout.ms": "0",
            "queue.buffering.max.messages": "0",
            "queue.buffering.max.kbytes": "\(max(1, bufferBytes / 1024))",
            "message.max.bytes": "\(RecordSink.recordBytesMax)",
        ]
        if given.isDisjoint(with: ["compression.type", "compression.codec"]) { ours["compression.type"] = "lz4" }
        if !given.contains("batch.size") { ours["batch.size"] = "1000000" }
        return role(common, clientID: clientID, ours)
    }
}

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
    private let properties: KafkaProperties
    private let observer: KafkaObserver

    /// Makes the first producer and looks its topics up.
    ///
    /// Blocks for at most `timeout`.
    ///
    /// - Throws: `unknownTopicOrPartition` where a topic is missing, `invalidArgument` where the properties do not fit each
    ///   other; other codes while Kafka cannot be reached.
    init(
        properties: KafkaProperties,
        observer: KafkaObserver,
        topics: TopicNames,
        timeout: Duration
    ) throws(KafkaError) {
        number = 1
        self.properties = properties
        self.observer = observer
        producer = try KafkaProducer(properties, observer: observer)
        let found = try producer.metadata(timeout: timeout)
        raw = try producer.topic(topics.raw, in: found)
        compliance = try producer.topic(topics.compliance, in: found)
        deadletter = try producer.topic(topics.deadletter, in: found)
        // Written to by another producer, but without it nothing may begin.
        _ = try producer.topic(topics.control, in: found)
    }

    /// Makes the producer that follows a failed one; Kafka is not asked, since what it would say is known.
    init(after failed: ProducerGeneration) throws(KafkaError) {
        number = failed.number + 1
        properties = failed.properties
        observer = failed.observer
        producer = try KafkaProducer(properties, observer: observer)
        raw = try producer.topic(failed.raw.name, partitionCount: failed.raw.partitionCount)
        compliance = try producer.topic(failed.compliance.name, partitionCount: failed.compliance.partitionCount)
        deadletter = try producer.topic(failed.deadletter.name, partitionCount: failed.deadletter.partitionCount)
    }

    func topic(_ kind: RecordOpaque.Kind) -> KafkaTopic {
        switch kind {
        case .raw: raw
        case .compliance: compliance
        case .deadletter: deadletter
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
            "queue.buffering.max.kbytes": "\(max(1, bufferBytes / 1024))",
            // librdkafka counts a record's value only, so that deletes would fill the memory without ever filling the buffer.
            "queue.buffering.max.messages": "\(max(1, bufferBytes / RecordSink.recordOverheadBytes))",
            "message.max.bytes": "\(RecordSink.recordBytesMax)",
        ]
        if given.isDisjoint(with: ["compression.type", "compression.codec"]) { ours["compression.type"] = "lz4" }
        if !given.contains("batch.size") { ours["batch.size"] = "1000000" }
        return role(common, clientID: clientID, ours)
    }
}

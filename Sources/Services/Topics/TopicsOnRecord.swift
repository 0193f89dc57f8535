import FoundationEssentials
import Kafka
import Operations
import Tweets

/// The partition count as the control topic has it on record.
struct TopicsOnRecord {
    let names: TopicNames
    let properties: KafkaProperties
    let observer: KafkaObserver

    /// The newest record there is, after reading control to its end.
    ///
    /// Read uncommitted: the record is written outside transactions, and an open one must not hide it.
    ///
    /// - Returns: Nil where nobody has recorded a count; every count found otherwise, oldest first.
    func read(timeout: Duration) throws(KafkaError) -> [TopicsRecord] {
        let own: KafkaProperties = [
            "group.id": "\(names.prefix)-topics", "isolation.level": "read_uncommitted", "enable.auto.commit": "false",
            "auto.offset.reset": "error", "enable.partition.eof": "true",
        ]
        let consumer = try KafkaConsumer(properties.merging(own), observer: observer)
        try consumer.assign([KafkaPosition(topic: names.control, partition: 0, offset: KafkaPosition.beginning)])
        let deadline = ContinuousClock.now + timeout
        let key = Array(TopicsRecord.key.text.utf8)
        var records: [TopicsRecord] = []
        while ContinuousClock.now < deadline {
            switch consumer.poll(timeout: .milliseconds(100)) {
            case .nothing: continue
            case .partitionEnd: return records
            case .error(let error, let partition):
                if partition != nil || error.isFatal { throw error }
            case .message(let message):
                guard let bytes = message.key, bytes.elementsEqual(key), let value = message.value else { continue }
                // A record of a newer version that cannot be read is no count to compare with.
                guard ControlNumbers.areCounts(value),
                    let record = try? JSONDecoder().decode(TopicsRecord.self, from: Data(value))
                else { continue }
                records.append(record)
            }
        }
        throw KafkaError(code: .timedOut, message: "\(names.control) could not be read to its end in time")
    }

    /// Writes a count.
    func write(_ record: TopicsRecord, timeout: Duration) throws(KafkaError) {
        let own: KafkaProperties = ["enable.idempotence": "true", "linger.ms": "0"]
        let producer = try KafkaProducer(properties.merging(own), observer: observer)
        let topic = try producer.topic(names.control, timeout: timeout)
        guard let value = try? JSONEncoder().encode(record) else {
            preconditionFailure("a topics record cannot be encoded: \(record)")
        }
        let result = Array(TopicsRecord.key.text.utf8).withUnsafeBytes { key in
            Array(value).withUnsafeBytes { value in
                producer.produce(
                    to: topic,
                    partition: 0,
                    key: key,
                    value: value,
                    timestampMilliseconds: record.recordedAt.milliseconds
                )
            }
        }
        if case .rejected(let code) = result { throw KafkaError(code: code) }
        var failure: KafkaErrorCode?
        let isFlushed = producer.flush(timeout: timeout) { report in failure = report.error }
        if let failure { throw KafkaError(code: failure) }
        guard isFlushed else { throw KafkaError(code: .timedOut, message: "no acknowledgement from \(names.control)") }
    }
}

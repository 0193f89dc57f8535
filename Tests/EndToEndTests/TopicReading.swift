import Kafka

/// Whole topics, for tests that compare them with the truth.
enum TopicReading {
    /// Every committed record that is there now; a value is nil for a delete.
    static func records(
        _ topic: String,
        partitions: Int,
        servers: String
    ) throws -> [(key: String, value: String?)] {
        let consumer = try KafkaConsumer(
            [
                "bootstrap.servers": servers, "group.id": "test", "enable.auto.commit": "false",
                "enable.partition.eof": "true", "isolation.level": "read_committed",
            ],
            observer: .silent
        )
        try consumer.assign(
            (0..<partitions).map { KafkaPosition(topic: topic, partition: Int32($0), offset: KafkaPosition.beginning) }
        )
        var records: [(String, String?)] = []
        var ended: Set<Int32> = []
        while ended.count < partitions {
            switch consumer.poll(timeout: .seconds(30)) {
            case .message(let message):
                let key = message.key.map { String(decoding: $0, as: UTF8.self) } ?? ""
                records.append((key, message.value.map { String(decoding: $0, as: UTF8.self) }))
            case .partitionEnd(let position): ended.insert(position.partition.partition)
            case .error(let error, _): throw error
            case .nothing: throw Timeout(what: "the end of \(topic)")
            }
        }
        return records
    }
}

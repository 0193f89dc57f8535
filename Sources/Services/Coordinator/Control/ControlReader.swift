import Kafka
import Tweets

/// Reads the control topic from its start, read_committed, without a group: for whoever follows it.
///
/// Belongs to one thread.
final class ControlReader {
    private let consumer: KafkaConsumer
    private let partition: KafkaPartition
    /// Every record below this offset was handed out; it passes transaction markers whenever the end is reached.
    private(set) var nextOffset: Int64 = 0

    /// A reader that starts at the first record that compaction left.
    ///
    /// - Parameters:
    ///   - properties: The connection's.
    ///   - group: A name that brokers see; nothing is ever committed for it.
    init(_ properties: KafkaProperties, topic: String, group: String, observer: KafkaObserver) throws(KafkaError) {
        let own: KafkaProperties = [
            "group.id": group,
            "isolation.level": "read_committed",
            "enable.auto.commit": "false",
            "enable.partition.eof": "true",
            "auto.offset.reset": "earliest",
            "fetch.wait.max.ms": "100",
        ]
        consumer = try KafkaConsumer(properties.merging(own), observer: observer)
        partition = KafkaPartition(topic: topic, partition: 0)
        try consumer.assign([KafkaPosition(partition, offset: KafkaPosition.beginning)])
    }

    /// Hands out what is there, waiting up to `timeout` for the first record.
    ///
    /// - Returns: Whether the end was reached, as far as it is committed.
    func read(timeout: Duration, _ visit: (ControlEntry, Int64) -> Void) throws(KafkaError) -> Bool {
        var wait = timeout
        while true {
            switch consumer.poll(timeout: wait) {
            case .nothing:
                return false
            case .message(let message):
                wait = .zero
                nextOffset = message.offset + 1
                visit(ControlCodec.decode(key: message.key, value: message.value), message.offset)
            case .partitionEnd(let position):
                nextOffset = max(nextOffset, position.offset)
                return true
            case .error(let error, _):
                // What passes by itself librdkafka tries again; a topic that is gone or forbidden does not.
                if error.isFatal || error.code == .unknownTopicOrPartition || error.code == .topicAuthorizationFailed {
                    throw error
                }
                return false
            }
        }
    }
}

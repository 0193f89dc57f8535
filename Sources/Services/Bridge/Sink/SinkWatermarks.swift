import Kafka
import Synchronization

/// Asks for the high watermarks of raw, with a handle that is made when it is first needed.
final class SinkWatermarks: Sendable {
    private let topic: String
    private let properties: KafkaProperties
    private let observer: KafkaObserver
    private let query = Mutex<KafkaWatermarkQuery?>(nil)

    init(topic: String, properties: KafkaProperties, observer: KafkaObserver) {
        self.topic = topic
        self.properties = properties
        self.observer = observer
    }

    /// The high watermarks of some partitions; blocks for at most twice `timeout`.
    func high(_ partitions: Set<Int>, timeout: Duration) throws(KafkaError) -> [Int: Int64] {
        let query = try query.withLock { query throws(KafkaError) -> KafkaWatermarkQuery in
            if let query { return query }
            let made = try KafkaWatermarkQuery(properties, observer: observer)
            query = made
            return made
        }
        let asked = partitions.map { KafkaPartition(topic: topic, partition: Int32($0)) }
        let answers = try query.watermarks(of: asked, timeout: timeout)
        return Dictionary(uniqueKeysWithValues: answers.map { (Int($0.key.partition), $0.value.high) })
    }
}

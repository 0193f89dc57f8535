import CLibrdkafka
import Synchronization

/// Asks for true high watermarks, whatever transactions are open.
///
/// On a producer and on a read_committed consumer librdkafka 2.0.2 answers with the last stable offset, so this keeps a
/// handle of its own, read_uncommitted, that never fetches. Such a handle can stick to a leader of the past: after a
/// failed question it is replaced, and the question is asked once more. May be used from any thread; each call blocks its
/// own.
public final class KafkaWatermarkQuery: Sendable {
    private let properties: KafkaProperties
    private let observer: KafkaObserver
    private let client: Mutex<KafkaConsumer>

    /// Makes a query with the connection properties given (`bootstrap.servers`, security); it connects in the background.
    public init(_ properties: KafkaProperties, observer: KafkaObserver) throws(KafkaError) {
        // Without a group the handle has no membership, no commits and no rebalance.
        let own: KafkaProperties = ["isolation.level": "read_uncommitted"]
        self.properties = properties.merging(own)
        self.observer = observer
        client = Mutex(try KafkaConsumer(self.properties, observer: observer))
    }

    /// The oldest offset and the high watermark of each partition.
    ///
    /// Blocks for at most twice `timeout`: a question that fails is asked again of a new handle.
    public func watermarks(
        of partitions: [KafkaPartition],
        timeout: Duration
    ) throws(KafkaError) -> [KafkaPartition: KafkaWatermarks] {
        let current = client.withLock { $0 }
        do {
            return try current.watermarks(of: partitions, timeout: timeout)
        } catch  where error.code != .unknownTopicOrPartition && error.code != .unknownPartition {
            return try replacement(of: current).watermarks(of: partitions, timeout: timeout)
        }
    }

    /// A new handle, or the one that another thread has put in the failed one's place meanwhile.
    private func replacement(of failed: KafkaConsumer) throws(KafkaError) -> KafkaConsumer {
        try client.withLock { client throws(KafkaError) -> KafkaConsumer in
            if client === failed { client = try KafkaConsumer(properties, observer: observer) }
            return client
        }
    }
}

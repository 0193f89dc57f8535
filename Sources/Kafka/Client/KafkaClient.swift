import CLibrdkafka

/// What every kind of client can be asked, from any thread.
public protocol KafkaClient: Sendable {
    /// The instance underneath.
    var handle: KafkaHandle { get }
}

extension KafkaClient {
    /// The instance's name in logs and on brokers' metrics, such as `bridge-a#producer-1`.
    public var name: String { String(cString: rd_kafka_name(handle.pointer)) }

    /// The fatal error that the instance has run into, after which it must be destroyed; nil while it is well.
    public func fatalError() -> KafkaError? {
        var code = RD_KAFKA_RESP_ERR_NO_ERROR
        let message = withErrorText { text, size in
            code = rd_kafka_fatal_error(handle.pointer, text, size)
            return code == RD_KAFKA_RESP_ERR_NO_ERROR
        }
        return message.map { KafkaError(code: KafkaErrorCode(code), message: $0, isFatal: true) }
    }

    /// What the cluster looks like: every topic with its partitions, and every broker.
    ///
    /// Blocks for at most `timeout`. All topics are asked for on purpose: asking by name makes brokers create a topic.
    public func metadata(timeout: Duration) throws(KafkaError) -> KafkaMetadata {
        var answer: UnsafePointer<rd_kafka_metadata>?
        try KafkaError.check(
            rd_kafka_metadata(handle.pointer, 1, nil, &answer, timeout.kafkaMilliseconds)
        )
        guard let answer else { throw KafkaError(code: .timedOut) }
        defer { rd_kafka_metadata_destroy(answer) }
        // Already known once metadata has come, so neither waits.
        let cluster = rd_kafka_clusterid(handle.pointer, 0)
        defer { if let cluster { rd_kafka_mem_free(handle.pointer, cluster) } }
        return KafkaMetadata(
            answer.pointee,
            clusterID: cluster.map { String(cString: $0) },
            controllerID: rd_kafka_controllerid(handle.pointer, 0)
        )
    }

    /// The oldest offset of a partition and the one that follows its newest record, asked of its leader.
    ///
    /// Blocks for at most `timeout`. On a producer, and on a consumer with `isolation.level=read_committed`, `high` is
    /// the **last stable offset**, not the high watermark: `KafkaWatermarkQuery` gives the latter.
    public func queryWatermarks(_ partition: KafkaPartition, timeout: Duration) throws(KafkaError) -> KafkaWatermarks {
        var low: Int64 = 0
        var high: Int64 = 0
        try KafkaError.check(
            rd_kafka_query_watermark_offsets(
                handle.pointer,
                partition.topic,
                partition.partition,
                &low,
                &high,
                timeout.kafkaMilliseconds
            )
        )
        return KafkaWatermarks(low: low, high: high)
    }

    /// For each partition the first offset whose record is not older than the given time, in milliseconds since 1970.
    ///
    /// Blocks for at most `timeout`. Partitions without such a record get `KafkaPosition.end`. A partition's own error
    /// (no such partition, no leader) is thrown.
    public func offsets(
        at times: [(partition: KafkaPartition, milliseconds: Int64)],
        timeout: Duration
    ) throws(KafkaError) -> [KafkaPosition] {
        let list = KafkaPartitionList(times.map { KafkaPosition($0.partition, offset: $0.milliseconds) })
        try KafkaError.check(
            rd_kafka_offsets_for_times(handle.pointer, list.pointer, timeout.kafkaMilliseconds)
        )
        try list.checkElements()
        return list.elements.map(\.position)
    }
}

/// The ends of a partition.
public struct KafkaWatermarks: Equatable, Sendable {
    /// The offset of the oldest record that is kept.
    public let low: Int64
    /// The offset that the next record will have.
    public let high: Int64

    /// Makes a pair.
    public init(low: Int64, high: Int64) {
        self.low = low
        self.high = high
    }
}

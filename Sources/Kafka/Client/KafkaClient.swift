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

    /// The oldest offset of each partition and the one that follows its newest record, asked of the leaders.
    ///
    /// Blocks for at most `timeout`. On a producer, and on a consumer with `isolation.level=read_committed`, `high` is
    /// the **last stable offset**, not the high watermark: `KafkaWatermarkQuery` gives the latter. A partition's own
    /// error (no such partition, no leader) is thrown.
    public func watermarks(
        of partitions: [KafkaPartition],
        timeout: Duration
    ) throws(KafkaError) -> [KafkaPartition: KafkaWatermarks] {
        // Not by rd_kafka_query_watermark_offsets, which in 2.0.2 waits past its time-out, for as long as the leader
        // that it has in mind cannot be reached. The two logical offsets are also the protocol's special timestamps.
        let deadline = ContinuousClock.now + timeout
        let low = try offsets(
            at: partitions.map { ($0, KafkaPosition.beginning) },
            timeout: timeout
        )
        let high = try offsets(
            at: partitions.map { ($0, KafkaPosition.end) },
            timeout: deadline - .now
        )
        let highs = Dictionary(high.map { ($0.partition, $0.offset) }, uniquingKeysWith: { first, _ in first })
        var result: [KafkaPartition: KafkaWatermarks] = [:]
        for position in low {
            guard let high = highs[position.partition] else { continue }
            result[position.partition] = KafkaWatermarks(low: position.offset, high: high)
        }
        return result
    }

    /// For each partition the first offset whose record is not older than the given time, in milliseconds since 1970.
    ///
    /// Blocks for at most `timeout`. Partitions without such a record get `KafkaPosition.end`. A partition's own error
    /// (no such partition, no leader) is thrown.
    public func offsets(
        at times: [(partition: KafkaPartition, milliseconds: Int64)],
        timeout: Duration
    ) throws(KafkaError) -> [KafkaPosition] {
        if times.isEmpty { return [] }
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

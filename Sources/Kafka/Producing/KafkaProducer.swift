import CLibrdkafka

/// A producer: one librdkafka instance with its own buffer and threads.
///
/// Idempotence, `acks`, buffer limits and `transactional.id` come with the properties. `produce` may be called from any
/// thread. `poll`, `flush`, `commit`, `abort` and `purge` hand out delivery reports **on the calling thread**: all of
/// them belong to one thread, and must not be called by a visitor. Reports that nobody polls for keep counting against
/// the buffer's limit.
///
/// A steady record costs one `rd_kafka_producev` and one callback; nothing of ours is allocated for it.
public final class KafkaProducer: KafkaClient {
    /// The instance underneath.
    public let handle: KafkaHandle

    /// Makes a producer; it connects in the background.
    public init(_ properties: KafkaProperties, observer: KafkaObserver) throws(KafkaError) {
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, properties: properties, observer: observer)
    }

    /// Finds a topic and makes a handle to write to it, which may be kept for the producer's life.
    ///
    /// Blocks for at most `timeout`. Throws `unknownTopicOrPartition` where the topic does not exist, without creating
    /// it, and what the broker said of it otherwise.
    public func topic(_ name: String, timeout: Duration) throws(KafkaError) -> KafkaTopic {
        try topic(name, in: try metadata(timeout: timeout))
    }

    /// Makes a handle for a topic out of metadata that was asked for before; throws as the other one does.
    public func topic(_ name: String, in metadata: KafkaMetadata) throws(KafkaError) -> KafkaTopic {
        guard let topic = metadata.topics[name] else {
            throw KafkaError(code: .unknownTopicOrPartition, message: "topic \(name) does not exist")
        }
        if let error = topic.error { throw KafkaError(code: error, message: "topic \(name): \(error.text)") }
        return try self.topic(name, partitionCount: Int32(topic.partitions.count))
    }

    /// Makes a handle for a topic whose partition count is known already, without asking the cluster.
    public func topic(_ name: String, partitionCount: Int32) throws(KafkaError) -> KafkaTopic {
        try KafkaTopic(name: name, partitionCount: partitionCount, client: handle)
    }

    /// Queues a record, a copy of it unless told otherwise.
    ///
    /// - Parameters:
    ///   - topic: A handle made by this producer.
    ///   - partition: Where it goes, 0 up to the handle's partition count.
    ///   - key: The key's bytes; nil for none.
    ///   - value: The value's bytes; nil for a tombstone.
    ///   - timestampMilliseconds: Since 1970; 0 means now.
    ///   - header: One header, or nil.
    ///   - opaque: A number that comes back with the delivery report.
    ///   - isLent: Whether the value's bytes stay where they are, and what they are, until the report: then they are not
    ///     copied. Key and header always are.
    public func produce(
        to topic: KafkaTopic,
        partition: Int32,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        timestampMilliseconds: Int64,
        header: KafkaHeader? = nil,
        opaque: UInt = 0,
        isLent: Bool = false
    ) -> KafkaProduceResult {
        guard partition >= 0, partition < topic.partitionCount else { return .rejected(.unknownPartition) }
        let opaque = UnsafeMutableRawPointer(bitPattern: opaque)
        let flags = isLent ? 0 : RD_KAFKA_MSG_F_COPY
        let code =
            if let header {
                decahose_rd_kafka_produce_with_header(
                    handle.pointer,
                    topic.pointer,
                    partition,
                    start(of: key),
                    key?.count ?? 0,
                    start(of: value),
                    value?.count ?? 0,
                    flags,
                    timestampMilliseconds,
                    opaque,
                    UnsafeRawPointer(header.name.utf8Start).assumingMemoryBound(to: CChar.self),
                    start(of: header.value),
                    header.value.count
                )
            } else {
                decahose_rd_kafka_produce(
                    handle.pointer,
                    topic.pointer,
                    partition,
                    start(of: key),
                    key?.count ?? 0,
                    start(of: value),
                    value?.count ?? 0,
                    flags,
                    timestampMilliseconds,
                    opaque
                )
            }
        switch code {
        case RD_KAFKA_RESP_ERR_NO_ERROR: return .queued
        case RD_KAFKA_RESP_ERR__QUEUE_FULL: return .queueFull
        default: return .rejected(KafkaErrorCode(code))
        }
    }

    /// Hands out the reports that have come, waiting up to `timeout` for the first.
    ///
    /// - Returns: How many records were reported.
    @discardableResult
    public func poll(timeout: Duration, _ visit: (borrowing KafkaDeliveryReport) -> Void) -> Int {
        delivering(to: visit) { _ = rd_kafka_poll(handle.pointer, timeout.kafkaMilliseconds) }.reports
    }

    /// Sends everything now, without regard to `linger.ms`, and hands out reports until none is owed.
    ///
    /// - Returns: Whether everything was reported within `timeout`.
    public func flush(timeout: Duration, _ visit: (borrowing KafkaDeliveryReport) -> Void) -> Bool {
        delivering(to: visit) {
            rd_kafka_flush(handle.pointer, timeout.kafkaMilliseconds) == RD_KAFKA_RESP_ERR_NO_ERROR
        }.result
    }

    /// Gives up every record that is queued or on its way: their reports, `purgedFromQueue` and `purgedInFlight`, come
    /// with the next `poll` or `flush`.
    public func purge() throws(KafkaError) {
        try KafkaError.check(rd_kafka_purge(handle.pointer, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT))
    }

    /// Records that are queued or on their way, and reports that wait to be polled.
    public var outQueueLength: Int { Int(rd_kafka_outq_len(handle.pointer)) }

    /// Runs `body` while delivery reports go to `visit`.
    func delivering<Result>(
        to visit: (borrowing KafkaDeliveryReport) -> Void,
        _ body: () -> Result
    ) -> (result: Result, reports: Int) {
        let callbacks = handle.callbacks
        precondition(callbacks.deliver == nil, "a visitor of delivery reports called its producer")
        return withoutActuallyEscaping(visit) { visit in
            callbacks.deliveredCount = 0
            callbacks.deliver = visit
            let result = body()
            callbacks.deliver = nil
            return (result, callbacks.deliveredCount)
        }
    }

    /// Where the bytes start; never null for bytes that are there, even if there are none of them.
    private func start(of bytes: UnsafeRawBufferPointer?) -> UnsafeRawPointer? {
        guard let bytes else { return nil }
        return bytes.baseAddress ?? UnsafeRawPointer(emptyBytes.utf8Start)
    }
}

/// A place to point to for zero bytes, since librdkafka takes a null pointer for "no key" or "no value".
private let emptyBytes: StaticString = ""

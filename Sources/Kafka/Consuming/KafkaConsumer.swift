import CLibrdkafka

/// A consumer: a member of a group once it subscribes, or a plain reader of what it is told to `assign`.
///
/// `poll` and `close` belong to one thread, on which the rebalance handler runs too, and which must poll more often than
/// `max.poll.interval.ms`. The other calls may be made from any thread, also by the handler.
public final class KafkaConsumer: KafkaClient {
    /// The instance underneath.
    public let handle: KafkaHandle

    /// Makes a consumer.
    ///
    /// `group.id` is needed for everything but the queries of `KafkaClient`.
    public init(_ properties: KafkaProperties, observer: KafkaObserver) throws(KafkaError) {
        handle = try KafkaHandle(RD_KAFKA_CONSUMER, properties: properties, observer: observer)
        // Errors and rebalances then come with the messages, through one poll. Without a group there is no such queue.
        if properties["group.id"] != nil { try KafkaError.check(rd_kafka_poll_set_consumer(handle.pointer)) }
    }

    // MARK: Group membership

    /// Joins the group for these topics; `onRebalance` is then called by `poll` and `close`, on their thread.
    public func subscribe(
        to topics: [String],
        onRebalance: @escaping (KafkaRebalance) -> Void
    ) throws(KafkaError) {
        handle.callbacks.rebalance = onRebalance
        // -1 is RD_KAFKA_PARTITION_UA: a subscription names topics only.
        let list = KafkaPartitionList(topics.map { KafkaPartition(topic: $0, partition: -1) })
        try KafkaError.check(rd_kafka_subscribe(handle.pointer, list.pointer))
        handle.callbacks.isJoining = true
    }

    /// Leaves the group, giving its partitions back through the rebalance handler at the next polls.
    public func unsubscribe() throws(KafkaError) {
        try KafkaError.check(rd_kafka_unsubscribe(handle.pointer))
    }

    /// This member's identifier in the group, given by the broker; nil before it has joined.
    public var memberID: String? {
        guard let text = rd_kafka_memberid(handle.pointer) else { return nil }
        defer { rd_kafka_mem_free(handle.pointer, text) }
        let id = String(cString: text)
        return id.isEmpty ? nil : id
    }

    /// The membership as it is now, for a transaction that begins now.
    public func groupMetadata() throws(KafkaError) -> KafkaGroupMetadata {
        guard let pointer = rd_kafka_consumer_group_metadata(handle.pointer) else {
            throw KafkaError(code: .state, message: "the consumer has no group.id")
        }
        return KafkaGroupMetadata(owning: pointer)
    }

    /// Gives up its partitions through the rebalance handler, leaves the group and stops.
    ///
    /// Blocks. A consumer that is dropped without it does neither: the group waits for its session time-out. A static member
    /// (`group.instance.id`) never tells the group that it leaves.
    public func close() throws(KafkaError) {
        defer { handle.callbacks.rebalance = nil }
        try KafkaError.check(rd_kafka_consumer_close(handle.pointer))
    }

    // MARK: Assignment

    /// Reads exactly these partitions from these offsets, in place of those before; the answer to an eager `assigned`.
    public func assign(_ positions: [KafkaPosition]) throws(KafkaError) {
        handle.callbacks.hasAnsweredRebalance = true
        let list = KafkaPartitionList(positions)
        try KafkaError.check(rd_kafka_assign(handle.pointer, list.pointer))
    }

    /// Reads nothing; the answer to an eager `revoked` or `lost`.
    public func unassign() throws(KafkaError) {
        handle.callbacks.hasAnsweredRebalance = true
        try KafkaError.check(rd_kafka_assign(handle.pointer, nil))
    }

    /// Reads these too; the answer to a cooperative `assigned`.
    public func incrementalAssign(_ positions: [KafkaPosition]) throws(KafkaError) {
        handle.callbacks.hasAnsweredRebalance = true
        let list = KafkaPartitionList(positions)
        try KafkaError.check(consuming: rd_kafka_incremental_assign(handle.pointer, list.pointer))
    }

    /// Reads these no longer; the answer to a cooperative `revoked` or `lost`.
    public func incrementalUnassign(_ partitions: [KafkaPartition]) throws(KafkaError) {
        handle.callbacks.hasAnsweredRebalance = true
        let list = KafkaPartitionList(partitions)
        try KafkaError.check(consuming: rd_kafka_incremental_unassign(handle.pointer, list.pointer))
    }

    /// The partitions that are read now.
    public func assignment() throws(KafkaError) -> [KafkaPartition] {
        var pointer: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
        try KafkaError.check(rd_kafka_assignment(handle.pointer, &pointer))
        guard let pointer else { return [] }
        return KafkaPartitionList(owning: pointer).partitions
    }

    // MARK: Reading

    /// Gives the next record or event, waiting up to `timeout`; runs the rebalance handler where one is due.
    public func poll(timeout: Duration) -> KafkaConsumerEvent {
        // Single messages only: in 2.0.2 the batch calls can skip records around pause, seek and rebalance.
        guard let message = rd_kafka_consumer_poll(handle.pointer, timeout.kafkaMilliseconds) else { return .nothing }
        if message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR { return .message(KafkaMessage(owning: message)) }
        defer { rd_kafka_message_destroy(message) }
        let partition = message.pointee.rkt.map { topic in
            KafkaPartition(topic: String(cString: rd_kafka_topic_name(topic)), partition: message.pointee.partition)
        }
        if message.pointee.err == RD_KAFKA_RESP_ERR__PARTITION_EOF, let partition {
            return .partitionEnd(KafkaPosition(partition, offset: message.pointee.offset))
        }
        let code = KafkaErrorCode(message.pointee.err)
        let text = rd_kafka_message_errstr(message).map { String(cString: $0) }
        return .error(KafkaError(code: code, message: text, isFatal: code == .fatal), partition)
    }

    /// Makes librdkafka look at once whether it may fetch more of these assigned partitions.
    ///
    /// Once its queue was full, 2.0.2 looks again only when something else wakes the broker's thread, up to a second
    /// later, by when a fast reader has long been idle. A question whose answer nobody awaits is what wakes it.
    public func lookForMore(of partitions: [KafkaPartition]) {
        let list = KafkaPartitionList(partitions.map { KafkaPosition($0, offset: KafkaPosition.end) })
        _ = rd_kafka_offsets_for_times(handle.pointer, list.pointer, 0)
    }

    /// Holds reading of these partitions; records already fetched are dropped and fetched again later.
    public func pause(_ partitions: [KafkaPartition]) throws(KafkaError) {
        let list = KafkaPartitionList(partitions)
        try KafkaError.check(rd_kafka_pause_partitions(handle.pointer, list.pointer))
        try list.checkElements()
    }

    /// Goes on reading these partitions where they were held.
    public func resume(_ partitions: [KafkaPartition]) throws(KafkaError) {
        let list = KafkaPartitionList(partitions)
        try KafkaError.check(rd_kafka_resume_partitions(handle.pointer, list.pointer))
        try list.checkElements()
    }

    /// Goes on reading these assigned partitions at these offsets.
    ///
    /// Blocks for at most `timeout`.
    public func seek(_ positions: [KafkaPosition], timeout: Duration) throws(KafkaError) {
        let list = KafkaPartitionList(positions)
        try KafkaError.check(
            consuming: rd_kafka_seek_partitions(handle.pointer, list.pointer, timeout.kafkaMilliseconds)
        )
        try list.checkElements()
    }

    /// The offset after the last record that `poll` gave of each partition; nil where it gave none yet.
    ///
    /// Passes transaction markers, so it can be ahead of the last record's offset by more than one.
    public func position(of partitions: [KafkaPartition]) throws(KafkaError) -> [KafkaPartition: Int64] {
        let list = KafkaPartitionList(partitions)
        try KafkaError.check(rd_kafka_position(handle.pointer, list.pointer))
        let known = list.elements.filter { $0.error == .none && $0.position.offset >= 0 }
        return Dictionary(
            known.map { ($0.position.partition, $0.position.offset) },
            uniquingKeysWith: { first, _ in first }
        )
    }
}

import CLibrdkafka

/// Transactions, for a producer with a `transactional.id`.
///
/// Each call throws a `KafkaError` whose flags say what may be done: `isRetriable` call it again, `requiresAbort` abort
/// and begin anew, `isFatal` destroy the producer (a fenced one too). None of the three is a misuse, such as `state`.
/// All belong to the thread that polls.
extension KafkaProducer {
    /// Registers the transactional id: aborts what its last holder left open, and fences that holder off.
    ///
    /// Once, before anything else. Blocks for at most `timeout`, and may be called again after a retriable error.
    public func initTransactions(timeout: Duration) throws(KafkaError) {
        try KafkaError.check(consuming: rd_kafka_init_transactions(handle.pointer, timeout.kafkaMilliseconds))
    }

    /// Opens a transaction: what is produced from here on belongs to it.
    ///
    /// Does not block.
    public func beginTransaction() throws(KafkaError) {
        try KafkaError.check(consuming: rd_kafka_begin_transaction(handle.pointer))
    }

    /// Makes consumed offsets part of the transaction; does not flush.
    ///
    /// Blocks for at most `timeout`.
    ///
    /// - Parameters:
    ///   - positions: The next offset to read of each partition.
    ///   - group: Taken of the consumer **when the transaction began**: a fresh one lets an instance commit a partition
    ///     that it has just lost.
    ///   - timeout: A retriable error follows it.
    public func sendOffsets(
        _ positions: [KafkaPosition],
        group: KafkaGroupMetadata,
        timeout: Duration
    ) throws(KafkaError) {
        let list = KafkaPartitionList(positions)
        try KafkaError.check(
            consuming: rd_kafka_send_offsets_to_transaction(
                handle.pointer,
                list.pointer,
                group.pointer,
                timeout.kafkaMilliseconds
            )
        )
    }

    /// Flushes and commits, handing out the delivery reports of the flush.
    ///
    /// Blocks for at most `timeout`, of which the flush is a part. The commit counts when it returns, but brokers write
    /// its markers a moment later: until then the last stable offset, and `read_committed` readers, stay before it. A retriable error means that the outcome is open:
    /// only this call, again, will tell it.
    public func commitTransaction(
        timeout: Duration,
        _ visit: (borrowing KafkaDeliveryReport) -> Void
    ) throws(KafkaError) {
        let error = delivering(to: visit) {
            rd_kafka_commit_transaction(handle.pointer, timeout.kafkaMilliseconds)
        }.result
        try KafkaError.check(consuming: error)
    }

    /// Gives up what is queued and aborts, handing out the reports of what was given up.
    ///
    /// Blocks for at most `timeout`, and may be called again after a retriable error. The consumer's position is not
    /// rewound: seek.
    public func abortTransaction(
        timeout: Duration,
        _ visit: (borrowing KafkaDeliveryReport) -> Void
    ) throws(KafkaError) {
        let error = delivering(to: visit) {
            rd_kafka_abort_transaction(handle.pointer, timeout.kafkaMilliseconds)
        }.result
        try KafkaError.check(consuming: error)
    }
}

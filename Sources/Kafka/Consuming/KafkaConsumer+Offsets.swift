import CLibrdkafka

/// The group's committed offsets.
extension KafkaConsumer {
    /// What the group has committed for these partitions.
    ///
    /// Blocks for at most `timeout`. On a handle with `isolation.level=read_committed` the answer is stable: while a transaction that commits offsets
    /// is pending, the call waits, and throws `timedOut` when it has waited for too long. A read_uncommitted handle gives
    /// the old offset at once.
    public func committed(
        _ partitions: [KafkaPartition],
        timeout: Duration
    ) throws(KafkaError) -> [KafkaPartition: KafkaCommittedOffset] {
        let list = KafkaPartitionList(partitions)
        let code = rd_kafka_committed(handle.pointer, list.pointer, timeout.kafkaMilliseconds)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(
                code: KafkaErrorCode(code),
                isRetriable: code == RD_KAFKA_RESP_ERR__TIMED_OUT
            )
        }
        return KafkaCommittedOffset.byPartition(list.elements)
    }

    /// Commits these offsets for the group, and waits for the broker's answer.
    ///
    /// Blocks for at most `timeout`. After `timedOut` the commit may still take place.
    public func commit(_ positions: [KafkaPosition], timeout: Duration) throws(KafkaError) {
        // rd_kafka_commit would wait for ever while the group has no coordinator.
        let queue = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        let list = KafkaPartitionList(positions)
        try KafkaError.check(rd_kafka_commit_queue(handle.pointer, list.pointer, queue, nil, nil))
        guard let event = rd_kafka_queue_poll(queue, timeout.kafkaMilliseconds) else {
            throw KafkaError(code: .timedOut, isRetriable: true)
        }
        defer { rd_kafka_event_destroy(event) }
        try KafkaError.check(rd_kafka_event_error(event))
        let answers = KafkaPartitionList.elements(of: rd_kafka_event_topic_partition_list(event))
        try KafkaPartitionList.check(answers)
    }
}

import CLibrdkafka

/// Creates, changes and describes what a cluster holds.
///
/// Any thread may use it; each call blocks its own. A call throws where the request as a whole failed (no controller, time-out), and returns the failures of single
/// topics with the broker's own words.
public final class KafkaAdmin: KafkaClient {
    /// The instance underneath.
    public let handle: KafkaHandle

    /// Makes an admin client; it connects in the background.
    public init(_ properties: KafkaProperties, observer: KafkaObserver) throws(KafkaError) {
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, properties: properties, observer: observer)
    }

    /// Creates topics, or with `validateOnly` asks whether they could be created.
    ///
    /// Blocks for at most `timeout` and a second.
    /// - Returns: The failures by topic, such as `topicAlreadyExists` or `invalidReplicationFactor`.
    public func createTopics(
        _ topics: [KafkaNewTopic],
        validateOnly: Bool = false,
        timeout: Duration
    ) throws(KafkaError) -> [String: KafkaError] {
        if topics.isEmpty { return [:] }
        var requests: [OpaquePointer?] = []
        defer { rd_kafka_NewTopic_destroy_array(&requests, requests.count) }
        for topic in topics { requests.append(try newTopic(topic)) }
        let answer = try request(RD_KAFKA_ADMIN_OP_CREATETOPICS, timeout: timeout, validateOnly: validateOnly) {
            rd_kafka_CreateTopics(handle.pointer, &requests, requests.count, $0, $1)
        }
        var count = 0
        let results = rd_kafka_CreateTopics_result_topics(rd_kafka_event_CreateTopics_result(answer.event), &count)
        return answer.failures(results, count: count)
    }

    /// Deletes topics with all that is in them.
    ///
    /// Blocks for at most `timeout` and a second.
    /// - Returns: The failures by topic.
    public func deleteTopics(_ names: [String], timeout: Duration) throws(KafkaError) -> [String: KafkaError] {
        if names.isEmpty { return [:] }
        var requests = names.map { rd_kafka_DeleteTopic_new($0) }
        defer { rd_kafka_DeleteTopic_destroy_array(&requests, requests.count) }
        let answer = try request(RD_KAFKA_ADMIN_OP_DELETETOPICS, timeout: timeout) {
            rd_kafka_DeleteTopics(handle.pointer, &requests, requests.count, $0, $1)
        }
        var count = 0
        let results = rd_kafka_DeleteTopics_result_topics(rd_kafka_event_DeleteTopics_result(answer.event), &count)
        return answer.failures(results, count: count)
    }

    /// Adds partitions to a topic, up to `totalCount`.
    ///
    /// Blocks for at most `timeout` and a second; throws the topic's own failure too.
    public func createPartitions(of topic: String, totalCount: Int, timeout: Duration) throws(KafkaError) {
        var single: OpaquePointer?
        let message = withErrorText { text, size in
            single = rd_kafka_NewPartitions_new(topic, totalCount, text, size)
            return single != nil
        }
        if let message { throw KafkaError(code: .invalidArgument, message: message) }
        var requests = [single]
        defer { rd_kafka_NewPartitions_destroy_array(&requests, requests.count) }
        let answer = try request(RD_KAFKA_ADMIN_OP_CREATEPARTITIONS, timeout: timeout) {
            rd_kafka_CreatePartitions(handle.pointer, &requests, requests.count, $0, $1)
        }
        var count = 0
        let result = rd_kafka_event_CreatePartitions_result(answer.event)
        let results = rd_kafka_CreatePartitions_result_topics(result, &count)
        if let failure = answer.failures(results, count: count)[topic] { throw failure }
    }

    /// Deletes what stands before an offset in each partition; `KafkaPosition.end` empties it.
    ///
    /// Blocks for at most `timeout` and a second; throws a partition's own failure too.
    public func deleteRecords(before positions: [KafkaPosition], timeout: Duration) throws(KafkaError) {
        let list = KafkaPartitionList(positions)
        var requests = [rd_kafka_DeleteRecords_new(list.pointer)]
        defer { rd_kafka_DeleteRecords_destroy_array(&requests, requests.count) }
        let answer = try request(RD_KAFKA_ADMIN_OP_DELETERECORDS, timeout: timeout) {
            rd_kafka_DeleteRecords(handle.pointer, &requests, requests.count, $0, $1)
        }
        let result = rd_kafka_event_DeleteRecords_result(answer.event)
        try KafkaPartitionList.check(KafkaPartitionList.elements(of: rd_kafka_DeleteRecords_result_offsets(result)))
    }

    /// What a group has committed, without being a member of it (brokers from 2.5 on for `requireStable`).
    ///
    /// Blocks for at most `timeout` and a second. With `requireStable` a partition with a pending transactional commit
    /// is `unknown(unstableOffsetCommit)`, or the call times out.
    public func committedOffsets(
        ofGroup group: String,
        _ partitions: [KafkaPartition],
        requireStable: Bool,
        timeout: Duration
    ) throws(KafkaError) -> [KafkaPartition: KafkaCommittedOffset] {
        if partitions.isEmpty { return [:] }
        let list = KafkaPartitionList(partitions)
        var requests = [rd_kafka_ListConsumerGroupOffsets_new(group, list.pointer)]
        defer { rd_kafka_ListConsumerGroupOffsets_destroy_array(&requests, requests.count) }
        let answer = try request(
            RD_KAFKA_ADMIN_OP_LISTCONSUMERGROUPOFFSETS,
            timeout: timeout,
            requireStable: requireStable
        ) {
            rd_kafka_ListConsumerGroupOffsets(handle.pointer, &requests, requests.count, $0, $1)
        }
        var count = 0
        let result = rd_kafka_event_ListConsumerGroupOffsets_result(answer.event)
        let groups = rd_kafka_ListConsumerGroupOffsets_result_groups(result, &count)
        guard let first = groups?.pointee, count == 1 else { throw KafkaError(code: .timedOut) }
        if let error = rd_kafka_group_result_error(first) {
            // Owned by the answer: read, not destroyed.
            throw KafkaError(
                code: KafkaErrorCode(rd_kafka_error_code(error)),
                message: String(cString: rd_kafka_error_string(error))
            )
        }
        return KafkaCommittedOffset.byPartition(
            KafkaPartitionList.elements(of: rd_kafka_group_result_partitions(first))
        )
    }

    private func newTopic(_ topic: KafkaNewTopic) throws(KafkaError) -> OpaquePointer? {
        var pointer: OpaquePointer?
        let message = withErrorText { text, size in
            pointer = rd_kafka_NewTopic_new(
                topic.name,
                Int32(topic.partitionCount),
                Int32(topic.replicationFactor),
                text,
                size
            )
            return pointer != nil
        }
        if let message { throw KafkaError(code: .invalidArgument, message: "topic \(topic.name): \(message)") }
        for name in topic.settings.names {
            guard let value = topic.settings[name] else { continue }
            let code = rd_kafka_NewTopic_set_config(pointer, name, value)
            if code != RD_KAFKA_RESP_ERR_NO_ERROR {
                rd_kafka_NewTopic_destroy(pointer)
                throw KafkaError(code, "topic \(topic.name): \(name): \(KafkaErrorCode(code).text)")
            }
        }
        return pointer
    }
}

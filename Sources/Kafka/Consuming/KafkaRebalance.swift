import CLibrdkafka

/// What the group has decided about a consumer's partitions, told on the polling thread during `poll` or `close`.
///
/// With an eager strategy (`range`, `roundrobin`) the handler calls `assign` or `unassign`; with `cooperative-sticky` it
/// calls `incrementalAssign` or `incrementalUnassign`. A handler that calls none of them gets the plain answer: all is
/// assigned at the committed offsets, or given up.
public enum KafkaRebalance: Equatable, Sendable {
    /// These are this member's now: with an eager strategy all that it has, else those that were added.
    case assigned([KafkaPartition])
    /// These go to somebody else, and are still this member's until the handler returns: commit what was done.
    case revoked([KafkaPartition])
    /// These are somebody else's already: nothing may be committed for them.
    case lost([KafkaPartition])
}

extension KafkaCallbacks {
    /// Runs the handler, and gives librdkafka the answer it must have where the handler gave none.
    func answerRebalance(
        client: OpaquePointer,
        code: rd_kafka_resp_err_t,
        partitions: UnsafeMutablePointer<rd_kafka_topic_partition_list_t>?
    ) {
        let list = KafkaPartitionList.elements(of: partitions.map { UnsafePointer($0) }).map(\.position.partition)
        let isAssigned = code == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS
        hasAnsweredRebalance = false
        if isAssigned { isJoining = false }
        if isAssigned {
            rebalance?(.assigned(list))
        } else if rd_kafka_assignment_lost(client) != 0 {
            rebalance?(.lost(list))
        } else {
            rebalance?(.revoked(list))
        }
        if hasAnsweredRebalance { return }
        let isCooperative = rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
        let problem: KafkaError?
        switch (isAssigned, isCooperative) {
        case (true, true): problem = consume(rd_kafka_incremental_assign(client, partitions))
        case (false, true): problem = consume(rd_kafka_incremental_unassign(client, partitions))
        case (true, false): problem = failure(rd_kafka_assign(client, partitions))
        case (false, false): problem = failure(rd_kafka_assign(client, nil))
        }
        if let problem { observer.error(problem) }
    }

    /// Answers an assignment that nobody polled for: 2.0.2 would wait for that answer for ever, in a loop without a pause,
    /// when the member is destroyed.
    ///
    /// - Returns: Whether the member may be destroyed; not after a fatal error, after which no answer is taken any more.
    func answersBeforeTheEnd(client: OpaquePointer) -> Bool {
        // Closed, or never a member.
        guard rebalance != nil else { return true }
        guard rd_kafka_fatal_error(client, nil, 0) == RD_KAFKA_RESP_ERR_NO_ERROR else { return false }
        let nothing = KafkaPartitionList([KafkaPartition]())
        let isCooperative = rd_kafka_rebalance_protocol(client).map { String(cString: $0) } == "COOPERATIVE"
        // Where none is pending it changes nothing that outlives the member.
        _ =
            isCooperative
            ? consume(rd_kafka_incremental_assign(client, nothing.pointer))
            : failure(rd_kafka_assign(client, nothing.pointer))
        return true
    }

    private func consume(_ error: OpaquePointer?) -> KafkaError? {
        error.map { KafkaError(consuming: $0) }
    }

    private func failure(_ code: rd_kafka_resp_err_t) -> KafkaError? {
        code == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaError(code)
    }
}

import CLibrdkafka

/// The answer to an admin request, owned.
struct KafkaAdminAnswer: ~Copyable {
    let event: OpaquePointer

    deinit {
        rd_kafka_event_destroy(event)
    }

    /// The topics that the answer names an error for; the others went well.
    func failures(_ topics: UnsafeMutablePointer<OpaquePointer?>?, count: Int) -> [String: KafkaError] {
        var failures: [String: KafkaError] = [:]
        for topic in UnsafeBufferPointer(start: topics, count: count) {
            let code = rd_kafka_topic_result_error(topic)
            guard code != RD_KAFKA_RESP_ERR_NO_ERROR else { continue }
            let name = String(cString: rd_kafka_topic_result_name(topic))
            failures[name] = KafkaError(code, rd_kafka_topic_result_error_string(topic).map { String(cString: $0) })
        }
        return failures
    }
}

extension KafkaAdmin {
    /// Makes one admin request on a queue of its own and waits for its answer.
    ///
    /// - Parameters:
    ///   - operation: What the options are for.
    ///   - timeout: Of the request, and of what the brokers do before they answer.
    ///   - validateOnly: Whether the brokers only check the request.
    ///   - requireStable: Whether group offsets wait for pending transactions.
    ///   - start: Starts the request with options and queue.
    func request(
        _ operation: rd_kafka_admin_op_t,
        timeout: Duration,
        validateOnly: Bool = false,
        requireStable: Bool = false,
        _ start: (_ options: OpaquePointer?, _ queue: OpaquePointer?) -> Void
    ) throws(KafkaError) -> KafkaAdminAnswer {
        let options = rd_kafka_AdminOptions_new(handle.pointer, operation)
        defer { rd_kafka_AdminOptions_destroy(options) }
        let queue = rd_kafka_queue_new(handle.pointer)
        defer { rd_kafka_queue_destroy(queue) }
        // 0 would mean "do not wait for the controller"; an hour is the most that librdkafka takes.
        let milliseconds = min(max(timeout.kafkaMilliseconds, 1), 3_600_000)
        try set { rd_kafka_AdminOptions_set_request_timeout(options, milliseconds, $0, $1) }
        if operation == RD_KAFKA_ADMIN_OP_CREATETOPICS || operation == RD_KAFKA_ADMIN_OP_DELETETOPICS
            || operation == RD_KAFKA_ADMIN_OP_CREATEPARTITIONS || operation == RD_KAFKA_ADMIN_OP_DELETERECORDS
        {
            try set { rd_kafka_AdminOptions_set_operation_timeout(options, milliseconds, $0, $1) }
        }
        if validateOnly { try set { rd_kafka_AdminOptions_set_validate_only(options, 1, $0, $1) } }
        if requireStable {
            try KafkaError.check(consuming: rd_kafka_AdminOptions_set_require_stable_offsets(options, 1))
        }
        start(options, queue)
        // librdkafka answers each request itself when its time-out passes; the second is for it to do so.
        guard let event = rd_kafka_queue_poll(queue, milliseconds + 1000) else { throw KafkaError(code: .timedOut) }
        let answer = KafkaAdminAnswer(event: event)
        let code = rd_kafka_event_error(event)
        if code != RD_KAFKA_RESP_ERR_NO_ERROR {
            throw KafkaError(code, rd_kafka_event_error_string(event).map { String(cString: $0) })
        }
        return answer
    }

    private func set(
        _ option: (UnsafeMutablePointer<CChar>, Int) -> rd_kafka_resp_err_t
    ) throws(KafkaError) {
        let message = withErrorText { option($0, $1) == RD_KAFKA_RESP_ERR_NO_ERROR }
        if let message { throw KafkaError(code: .invalidArgument, message: message) }
    }
}

import CLibrdkafka

/// A fault that no broker can be made to cause at will.
extension KafkaProducer {
    /// Makes an idempotent producer fail for good, as after a batch whose fate is unknown; for tests.
    ///
    /// From then on `produce` gives `rejected(.fatal)`, and what is queued is reported as failed.
    public func injectFatalError(_ code: KafkaErrorCode, reason: String) throws(KafkaError) {
        try KafkaError.check(rd_kafka_test_fatal_error(handle.pointer, code.response, reason))
    }
}

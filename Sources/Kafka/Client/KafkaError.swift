import CLibrdkafka

/// What went wrong in a call to Kafka, and what may still be done.
///
/// At most one of the three flags is set; librdkafka sets them only for transactions, fatal producer states and
/// admin calls. Without a flag the call failed and the handle is as it was.
public struct KafkaError: Error, Equatable, Sendable, CustomStringConvertible {
    /// The code to decide by.
    public let code: KafkaErrorCode
    /// librdkafka's or the broker's own words.
    public let message: String
    /// Whether the handle is beyond use: destroy it and make another.
    public let isFatal: Bool
    /// Whether the same call may be made again, with the outcome of the first completed by the second.
    public let isRetriable: Bool
    /// Whether the open transaction must be aborted, after which a new one can begin.
    public let requiresAbort: Bool

    /// Makes an error without librdkafka, for tests and for checks of this module.
    public init(
        code: KafkaErrorCode,
        message: String? = nil,
        isFatal: Bool = false,
        isRetriable: Bool = false,
        requiresAbort: Bool = false
    ) {
        self.code = code
        self.message = message ?? code.text
        self.isFatal = isFatal
        self.isRetriable = isRetriable
        self.requiresAbort = requiresAbort
    }

    /// The same error, with what it is about before its words.
    public func about(_ subject: String) -> KafkaError {
        KafkaError(
            code: code,
            message: "\(subject): \(message)",
            isFatal: isFatal,
            isRetriable: isRetriable,
            requiresAbort: requiresAbort
        )
    }

    /// The code's name, such as `_TIMED_OUT`: bounded, without a host, topic or value in it, fit for a metric's label.
    public var metricLabel: String {
        code.name
    }

    /// The sentence for a log: the words, then the code's name and the flag.
    public var description: String {
        var text = "\(message) (\(code.name)"
        if isFatal { text += ", fatal" }
        if isRetriable { text += ", retriable" }
        if requiresAbort { text += ", abort the transaction" }
        return text + ")"
    }
}

extension KafkaError {
    init(_ code: rd_kafka_resp_err_t, _ message: String? = nil) {
        self.init(code: KafkaErrorCode(code), message: message)
    }

    /// Takes over `error`: reads it and destroys it.
    init(consuming error: OpaquePointer) {
        defer { rd_kafka_error_destroy(error) }
        self.init(
            code: KafkaErrorCode(rd_kafka_error_code(error)),
            message: String(cString: rd_kafka_error_string(error)),
            isFatal: rd_kafka_error_is_fatal(error) != 0,
            isRetriable: rd_kafka_error_is_retriable(error) != 0,
            requiresAbort: rd_kafka_error_txn_requires_abort(error) != 0
        )
    }

    /// Throws what a call returned, where it is an error.
    static func check(_ code: rd_kafka_resp_err_t) throws(KafkaError) {
        if code != RD_KAFKA_RESP_ERR_NO_ERROR { throw KafkaError(code) }
    }

    /// Throws and destroys what a call returned, where it is an error object.
    static func check(consuming error: OpaquePointer?) throws(KafkaError) {
        if let error { throw KafkaError(consuming: error) }
    }
}

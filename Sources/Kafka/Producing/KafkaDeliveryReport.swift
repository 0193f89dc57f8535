import CLibrdkafka

/// What became of one queued record.
///
/// Borrowed: its bytes are freed as soon as the visitor returns.
public struct KafkaDeliveryReport: ~Copyable {
    /// Whether a record that failed may be in the log all the same, so that sending it again may duplicate it.
    public enum Persistence: Sendable, Equatable {
        /// It was never sent, or the broker said that it was not written.
        case notPersisted
        /// It was sent, and no answer came.
        case possiblyPersisted
        /// It is in the log.
        case persisted
    }

    private let message: UnsafePointer<rd_kafka_message_t>

    init(_ message: UnsafePointer<rd_kafka_message_t>) {
        self.message = message
    }

    /// The number that came with the record.
    public var opaque: UInt { UInt(bitPattern: message.pointee._private) }

    /// Why it failed; nil where it was acknowledged.
    public var error: KafkaErrorCode? {
        message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaErrorCode(message.pointee.err)
    }

    /// The partition it was for.
    public var partition: Int32 { message.pointee.partition }

    /// Its offset; nil for a failed one, and for an acknowledged one whose retry met `DUPLICATE_SEQUENCE_NUMBER`: it is
    /// in the log, at an offset that the broker did not repeat.
    public var offset: Int64? {
        // librdkafka numbers the records of a refused batch too, from the -1 that the broker gave.
        message.pointee.err == RD_KAFKA_RESP_ERR_NO_ERROR && message.pointee.offset >= 0 ? message.pointee.offset : nil
    }

    /// Whether it is in the log.
    public var persistence: Persistence {
        switch rd_kafka_message_status(message) {
        case RD_KAFKA_MSG_STATUS_PERSISTED: .persisted
        case RD_KAFKA_MSG_STATUS_POSSIBLY_PERSISTED: .possiblyPersisted
        default: .notPersisted
        }
    }

    /// Its timestamp, in milliseconds since 1970: as it was given, or the broker's where the topic is stamped by it.
    public var timestampMilliseconds: Int64 {
        // librdkafka hides the timestamp of a failed record, which is just what sending it again needs. Nobody else can
        // see the record while its report is visited.
        let record = UnsafeMutablePointer(mutating: message)
        let error = record.pointee.err
        record.pointee.err = RD_KAFKA_RESP_ERR_NO_ERROR
        defer { record.pointee.err = error }
        return rd_kafka_message_timestamp(record, nil)
    }

    /// The topic's name; makes a String, so not for every record.
    public var topic: String { String(cString: rd_kafka_topic_name(message.pointee.rkt)) }

    /// Its key, borrowed; nil for none.
    public var key: UnsafeRawBufferPointer? { bytes(message.pointee.key, message.pointee.key_len) }

    /// Its value, borrowed; nil for a tombstone.
    public var value: UnsafeRawBufferPointer? { bytes(message.pointee.payload, message.pointee.len) }

    /// The value of its last header of that name, borrowed; nil where it has none.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        lastHeader(of: message, named: name)
    }
}

/// Pairs a pointer of librdkafka's with its length; nil stays nil.
func bytes(_ start: UnsafeMutableRawPointer?, _ count: Int) -> UnsafeRawBufferPointer? {
    start.map { UnsafeRawBufferPointer(start: $0, count: count) }
}

/// Finds a header without copying; librdkafka parses a consumed message's headers at the first call.
func lastHeader(of message: UnsafePointer<rd_kafka_message_t>, named name: StaticString) -> UnsafeRawBufferPointer? {
    var headers: OpaquePointer?
    guard rd_kafka_message_headers(message, &headers) == RD_KAFKA_RESP_ERR_NO_ERROR else { return nil }
    var value: UnsafeRawPointer?
    var size = 0
    return name.withUTF8Buffer { name -> UnsafeRawBufferPointer? in
        name.withMemoryRebound(to: CChar.self) { name -> UnsafeRawBufferPointer? in
            guard let base = name.baseAddress,
                rd_kafka_header_get_last(headers, base, &value, &size) == RD_KAFKA_RESP_ERR_NO_ERROR
            else { return nil }
            return UnsafeRawBufferPointer(start: value, count: value == nil ? 0 : size)
        }
    }
}

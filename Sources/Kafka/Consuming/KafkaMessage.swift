import CLibrdkafka

/// A consumed record, owned; its bytes are freed with it.
///
/// The buffers it lends (`key`, `value`, `header`) are valid while the message is. Hand it on as a `borrowing`
/// parameter: it then lives for the whole of the call.
public struct KafkaMessage: ~Copyable {
    private let message: UnsafeMutablePointer<rd_kafka_message_t>

    init(owning message: UnsafeMutablePointer<rd_kafka_message_t>) {
        self.message = message
    }

    deinit {
        rd_kafka_message_destroy(message)
    }

    /// The partition's number.
    public var partition: Int32 { message.pointee.partition }

    /// Its offset.
    public var offset: Int64 { message.pointee.offset }

    /// Its timestamp, in milliseconds since 1970; nil where the record has none.
    public var timestampMilliseconds: Int64? {
        let timestamp = rd_kafka_message_timestamp(message, nil)
        return timestamp < 0 ? nil : timestamp
    }

    /// The topic's name; makes a String, so not for every record.
    public var topic: String { String(cString: rd_kafka_topic_name(message.pointee.rkt)) }

    /// Whether the record is of that topic, without making a String.
    public func isOf(topic name: borrowing KafkaTopicName) -> Bool {
        name.equals(rd_kafka_topic_name(message.pointee.rkt))
    }

    /// Its key, borrowed; nil for none.
    public var key: UnsafeRawBufferPointer? { bytes(message.pointee.key, message.pointee.key_len) }

    /// Its value, borrowed; nil for a tombstone.
    public var value: UnsafeRawBufferPointer? { bytes(message.pointee.payload, message.pointee.len) }

    /// The value of its last header of that name, borrowed; nil where it has none.
    public func header(_ name: StaticString) -> UnsafeRawBufferPointer? {
        lastHeader(of: message, named: name)
    }
}

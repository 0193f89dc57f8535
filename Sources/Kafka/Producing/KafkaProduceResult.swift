/// What became of a record that was handed to a producer.
public enum KafkaProduceResult: Equatable, Sendable {
    /// It was copied and queued: exactly one delivery report will follow.
    case queued
    /// The producer's buffer is at its limit. Poll, and hand it over again; no report will follow.
    case queueFull
    /// It cannot be taken: `unknownPartition`, `unknownTopic`, `recordTooLarge`, `fatal`, `state` (no transaction is
    /// open). No report will follow.
    case rejected(KafkaErrorCode)
}

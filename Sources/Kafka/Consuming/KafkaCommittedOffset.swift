/// What a group has committed for a partition.
public enum KafkaCommittedOffset: Equatable, Sendable {
    /// The next offset to read.
    case offset(Int64)
    /// The group has never committed this partition, or its commit has expired.
    case absent
    /// The answer is not known: ask again. Never to be read as `absent`.
    case unknown(KafkaErrorCode)
}

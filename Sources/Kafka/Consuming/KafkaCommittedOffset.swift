/// What a group has committed for a partition.
public enum KafkaCommittedOffset: Equatable, Sendable {
    /// The next offset to read.
    case offset(Int64)
    /// The group has never committed this partition, or its commit has expired.
    case absent
    /// The answer is not known: ask again. Never to be read as `absent`.
    case unknown(KafkaErrorCode)
}

extension KafkaCommittedOffset {
    /// Reads the answer to a question for committed offsets.
    static func byPartition(
        _ elements: [(position: KafkaPosition, error: KafkaErrorCode)]
    ) -> [KafkaPartition: KafkaCommittedOffset] {
        var offsets: [KafkaPartition: KafkaCommittedOffset] = [:]
        for (position, error) in elements {
            offsets[position.partition] =
                if error != .none {
                    .unknown(error)
                } else if position.offset >= 0 {
                    .offset(position.offset)
                } else {
                    .absent
                }
        }
        return offsets
    }
}

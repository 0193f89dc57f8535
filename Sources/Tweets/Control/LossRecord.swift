/// Raw records that retention or compaction removed before dedup had read them.
public struct LossRecord: Hashable, Sendable, Codable {
    /// Version of this record's form.
    public var version = 1
    /// The Kafka partition of raw.
    public var kafkaPartition: Int
    /// The first offset that was never read.
    public var fromOffset: Int64
    /// The first offset after the loss.
    public var toOffset: Int64
    /// When dedup found it, by its own clock.
    public var foundAt: Instant

    /// A loss from its fields.
    public init(kafkaPartition: Int, fromOffset: Int64, toOffset: Int64, foundAt: Instant) {
        self.kafkaPartition = kafkaPartition
        self.fromOffset = fromOffset
        self.toOffset = toOffset
        self.foundAt = foundAt
    }

    /// The record's key.
    public var key: ControlKey { ControlKey(.loss, "\(kafkaPartition):\(fromOffset)-\(toOffset)") }
}

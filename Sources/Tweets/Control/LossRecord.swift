/// Raw records that retention or compaction removed before dedup had read them.
public struct LossRecord: Hashable, Sendable, Codable {
    /// How a loss shows.
    public enum Finding: String, Sendable, Codable {
        /// The end offset fell below an acknowledged one, as after an unclean election.
        case truncation
    }

    /// Version of this record's form.
    public var version = 1
    /// The Kafka partition of raw.
    public var kafkaPartition: Int
    /// The first offset that was never read.
    public var fromOffset: Int64
    /// The first offset after the loss.
    public var toOffset: Int64
    /// When it was found, by the finder's own clock.
    public var foundAt: Instant
    /// How it was found; nil where dedup found records gone.
    public var finding: Finding?
    /// The event time that the records may have carried; nil until a coordinator has mapped the offsets.
    public var eventTime: [StreamIntervals]?

    /// A loss from its fields.
    public init(kafkaPartition: Int, fromOffset: Int64, toOffset: Int64, foundAt: Instant, finding: Finding? = nil) {
        self.kafkaPartition = kafkaPartition
        self.fromOffset = fromOffset
        self.toOffset = toOffset
        self.foundAt = foundAt
        self.finding = finding
    }

    /// The record's key.
    public var key: ControlKey { ControlKey(.loss, "\(kafkaPartition):\(fromOffset)-\(toOffset)") }
}

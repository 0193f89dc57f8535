/// Stretches of event time of one stream partition, as control records carry them.
public struct StreamIntervals: Hashable, Sendable, Codable {
    /// The stream partition.
    public var stream: StreamPartition
    /// The stretches, in order.
    public var intervals: [EventInterval]

    /// Stretches of a stream partition.
    public init(stream: StreamPartition, intervals: [EventInterval]) {
        self.stream = stream
        self.intervals = intervals
    }
}

public import Tweets

/// What is known of one stream partition's event time at one moment.
public struct StreamCoverage: Hashable, Sendable {
    /// The stream partition.
    public var stream: StreamPartition
    /// From the first session's left end to the settled frontier; empty before the frontier has passed it.
    public var timeline: EventInterval
    /// What the sessions of each connection claim, less that connection's own holes.
    public var byConnection: [String: IntervalSet]
    /// What the sessions of any connection claim, before any hole.
    public var claimed: IntervalSet
    /// What no copy in raw proves any more: dedup losses and truncation.
    public var lost: IntervalSet
    /// The part of `lost` that a truncation took.
    public var truncated: IntervalSet
    /// What some connection delivered.
    public var covered: IntervalSet
    /// What recovery delivered.
    public var filled: IntervalSet
    /// What was folded away as lost for good; no gap speaks for it any more.
    public var givenUp: IntervalSet

    /// The part of the timeline that neither a connection nor recovery delivered.
    public var missing: IntervalSet {
        IntervalSet(timeline).subtracting(covered).subtracting(filled)
    }

    /// Which of the two or more connections cover an interval wholly, in order of name.
    public func connections(covering interval: EventInterval) -> [String] {
        byConnection.filter { $0.value.contains(interval) }.keys.sorted()
    }

    /// What shows that an interval of `missing` is missing.
    public func source(of interval: EventInterval) -> GapRecord.Source {
        if truncated.overlaps(interval) { return .truncation }
        if lost.overlaps(interval) { return .loss }
        if claimed.overlaps(interval) { return .hole }
        return .sessions
    }
}

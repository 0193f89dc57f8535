public import Tweets

/// How far the event time of one Kafka partition has come; part of every changelog record.
public struct DedupProgress: Hashable, Sendable {
    /// The newest creation time seen; nil before the first.
    public var streamTime: Instant?
    /// What IDs must not be created before; it never moves back, and is nil before the first.
    public var lateLine: Instant?

    /// Progress from its fields; the beginning where they are left out.
    public init(streamTime: Instant? = nil, lateLine: Instant? = nil) {
        self.streamTime = streamTime
        self.lateLine = lateLine
    }

    /// Makes IDs late that were created before this, and would not be by the horizon.
    mutating func raiseLateLine(to line: Instant) {
        lateLine = lateLine.map { max($0, line) } ?? line
    }

    /// Takes in the creation time of an ID that is not from the far future.
    ///
    /// - Parameter horizon: In milliseconds.
    @inline(__always)
    mutating func advance(to created: Instant, horizon: Int64) {
        if let streamTime, created.milliseconds <= streamTime.milliseconds { return }
        streamTime = created
        let line = created.milliseconds &- horizon
        lateLine = Instant(milliseconds: max(line, lateLine?.milliseconds ?? line))
    }
}

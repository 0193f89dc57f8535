/// A stretch of event time, the first moment inclusive and the second exclusive.
public struct EventInterval: Hashable, Sendable, Codable {
    /// The first moment that belongs to the interval.
    public var from: Instant
    /// The first moment after it.
    public var to: Instant

    /// An interval; it is empty where `to` is not after `from`.
    public init(from: Instant, to: Instant) {
        self.from = from
        self.to = to
    }

    /// Whether no moment belongs to it.
    public var isEmpty: Bool { to <= from }

    /// Its length; zero where it is empty.
    public var duration: Duration { isEmpty ? .zero : to - from }

    /// Whether `instant` belongs to it.
    public func contains(_ instant: Instant) -> Bool {
        from <= instant && instant < to
    }

    /// Whether the two have a moment in common.
    public func overlaps(_ other: EventInterval) -> Bool {
        max(from, other.from) < min(to, other.to)
    }
}

extension EventInterval: CustomStringConvertible {
    /// Both ends in ISO 8601, for example `2026-11-23T20:45:01.250Z … 2026-11-23T20:46:00.000Z`.
    public var description: String { "\(from) … \(to)" }
}

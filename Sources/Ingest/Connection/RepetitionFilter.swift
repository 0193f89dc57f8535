public import Tweets

/// Lets the first of a kind of event through and then one in a while, so that a long failure fills no log.
public struct RepetitionFilter: Sendable {
    /// How long the same kind is kept back.
    public static let interval: Duration = .seconds(300)

    private struct Kind: Sendable {
        var written: MonotonicInstant
        var keptBack = 0
    }

    private var kinds: [String: Kind] = [:]

    /// A filter that has seen nothing.
    public init() {}

    /// Notes an event.
    ///
    /// - Returns: How many of its kind were kept back since the last one that was let through; nil where this one is kept
    ///   back too.
    public mutating func admit(_ kind: String, at now: MonotonicInstant) -> Int? {
        if let known = kinds[kind], now < known.written + Self.interval {
            kinds[kind]?.keptBack += 1
            return nil
        }
        let keptBack = kinds[kind]?.keptBack ?? 0
        kinds[kind] = Kind(written: now)
        return keptBack
    }

    /// All is well again: the next event is a first one.
    public mutating func reset() {
        kinds = [:]
    }
}

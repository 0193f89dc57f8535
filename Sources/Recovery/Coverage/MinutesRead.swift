import Tweets

/// The minutes of a recovery's range of which any Tweet came.
///
/// Which minutes failed on the server a Replay says at its end alone: one that breaks before, or whose coordinator dies, never
/// says it, while later minutes have come. A minute without a single Tweet may be such a one.
struct MinutesRead: Hashable, Sendable {
    private let from: Instant
    private var hasTweets: [Bool]

    /// A range of which nothing has come.
    init(_ range: EventInterval) {
        from = range.from.alignedDown(to: .seconds(60))
        hasTweets = Array(repeating: false, count: max(0, Int(((range.to - from).milliseconds + 59_999) / 60_000)))
    }

    /// A Tweet of that creation time came, in milliseconds since 1970.
    mutating func note(_ createdAt: Int64) {
        let offset = createdAt - from.milliseconds
        guard offset >= 0, offset / 60_000 < hasTweets.count else { return }
        hasTweets[Int(offset / 60_000)] = true
    }

    /// The minutes of which none came.
    var silent: [EventInterval] {
        hasTweets.indices.lazy.filter { !hasTweets[$0] }.map { minute in
            let start = from + .seconds(60 * minute)
            return EventInterval(from: start, to: start + .seconds(60))
        }
    }
}

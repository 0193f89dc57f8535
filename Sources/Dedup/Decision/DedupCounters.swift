/// How many records of raw met which fate; together they are all that were read.
public struct DedupCounters: Hashable, Sendable {
    /// First copies, to `tweets`.
    public var emitted = 0
    /// Further copies.
    public var duplicates = 0
    /// Copies of deleted Tweets.
    public var suppressed = 0
    /// First deletes, to `tweets`.
    public var deletesFirst = 0
    /// Deletes of deleted IDs.
    public var deletesRepeated = 0
    /// Tombstones of our own.
    public var deletesOwn = 0
    /// Tweets and deletes older than the late line, to `late`.
    public var late = 0
    /// Records whose key is no Tweet ID, to `deadletter`.
    public var unreadable = 0
    /// Of the first copies, those created more than five minutes after they were received.
    public var farFuture = 0

    /// Zero of everything.
    public init() {}

    /// All records that met a fate; `farFuture` is a part of `emitted`.
    public var decided: Int {
        emitted + duplicates + suppressed + deletesFirst + deletesRepeated + deletesOwn + late + unreadable
    }

    /// The sum of two counts.
    public static func + (left: DedupCounters, right: DedupCounters) -> DedupCounters {
        var sum = left
        sum.emitted += right.emitted
        sum.duplicates += right.duplicates
        sum.suppressed += right.suppressed
        sum.deletesFirst += right.deletesFirst
        sum.deletesRepeated += right.deletesRepeated
        sum.deletesOwn += right.deletesOwn
        sum.late += right.late
        sum.unreadable += right.unreadable
        sum.farFuture += right.farFuture
        return sum
    }
}

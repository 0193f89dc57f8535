public import Tweets

/// The Tweets of a time range, in the order of creation: what a Replay or a v2 recovery returns.
public struct RecoveryFeed: Sendable {
    /// The time range asked for.
    public let interval: EventInterval

    private let world: World
    private let partitions: [Int]
    /// Tweets that were deleted by then are left out; none are where nil.
    private let deletedBy: Instant?
    private var second: Int64
    private var waiting: ArraySlice<TweetID> = []

    /// A feed of the Tweets created in an interval.
    ///
    /// - Parameters:
    ///   - world: What happened.
    ///   - partitions: The stream partitions that are covered, from 1.
    ///   - interval: Times of creation.
    ///   - deletedBy: Leaves out what was deleted by then.
    public init(world: World, partitions: [Int], interval: EventInterval, deletedBy: Instant?) {
        self.world = world
        self.partitions = partitions
        self.interval = interval
        self.deletedBy = deletedBy
        second = max(interval.from, world.options.start).alignedDown(to: .seconds(1)).milliseconds / 1000
    }

    /// The next Tweet that was created before `limit`; nil where none is left.
    public mutating func next(createdBefore limit: Instant) -> TweetID? {
        let end = min(limit, interval.to)
        while waiting.isEmpty {
            guard second * 1000 < end.milliseconds else { return nil }
            let (from, to) = (Instant(seconds: second), Instant(seconds: second + 1))
            let cut = EventInterval(from: max(from, interval.from), to: min(to, interval.to))
            waiting = partitions.flatMap { world.tweets(in: cut, partition: $0) }.sorted()[...]
            if let deletedBy {
                waiting = waiting.filter { id in world.deletion(of: id).map { $0 > deletedBy } ?? true }[...]
            }
            second += 1
        }
        guard let first = waiting.first, let created = first.createdAt, created < end else { return nil }
        return waiting.removeFirst()
    }
}

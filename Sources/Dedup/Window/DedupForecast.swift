import Tweets

/// What the sets of all Kafka partitions together will hold and cost, before any of it is there.
public struct DedupForecast: Hashable, Sendable {
    /// IDs within the horizon.
    public var ids: Int
    /// Memory in bytes.
    public var bytes: Int

    /// The price of a horizon at a rate.
    ///
    /// The most that it comes to: 4 bytes an ID frozen (a sampled stream's take 1.5), 15 fresh, which are those of the
    /// last bucket and of `freezeAfter`.
    ///
    /// - Parameters:
    ///   - horizon: How far back IDs are kept; a bucket more is, since they expire a bucket at a time.
    ///   - rate: Distinct Tweets a second.
    ///   - freezeAfter: How long a bucket stays fresh after its end.
    public init(horizon: Duration, rate: Double, freezeAfter: Duration) {
        let seconds = { (duration: Duration) in Double(duration.milliseconds) / 1000 }
        let bucket = seconds(DedupWindow.bucketLength)
        let all = (seconds(horizon) + bucket) * rate
        let fresh = min(all, (seconds(freezeAfter) + bucket) * rate)
        ids = Int(all)
        bytes = Int((all - fresh) * 4 + fresh * 15)
    }
}

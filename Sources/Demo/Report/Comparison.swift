import Tweets

/// Deliveries held against the truth.
package struct Comparison: Sendable {
    /// Tweets that the upstream has.
    package let sent: Int
    /// Of those, the ones in the clean topic.
    package let delivered: Int
    /// Of those, the ones whose delete came before their first copy: their tombstone is there instead.
    package let deletedBeforeDelivery: Int
    /// Those that are neither delivered nor deleted, ascending.
    package let missing: [UInt64]
    /// Deliveries beyond the first.
    package let duplicated: Int
    /// Tweets delivered after their own tombstone.
    package let resurrected: Int
    /// Records whose key is not the ID inside.
    package let misKeyed: Int

    /// Compares.
    package init(truth: UpstreamTruth, deliveries: Deliveries) {
        var delivered = 0
        var deletedFirst = 0
        var missing: [UInt64] = []
        for (id, tweet) in truth.tweets {
            let fate = deliveries.fates[id] ?? Deliveries.Fate()
            if fate.delivered > 0 {
                delivered += 1
            } else if tweet.deletedAt != nil, fate.tombstones > 0 {
                deletedFirst += 1
            } else {
                missing.append(id)
            }
        }
        sent = truth.tweets.count
        self.delivered = delivered
        deletedBeforeDelivery = deletedFirst
        self.missing = missing.sorted()
        duplicated = deliveries.fates.values.reduce(0) { $0 + max(0, $1.delivered - 1) }
        resurrected = deliveries.fates.values.count(where: \.deliveredAfterTombstone)
        misKeyed = deliveries.misKeyed
    }

    /// A few of the missing with when they were created, for the search of the fault.
    package var missingExamples: [String] {
        missing.prefix(10).map { id in
            "\(id) created \(TweetID(id)?.createdAt.map(\.description) ?? "before snowflakes")"
        }
    }
}

import Tweets

extension DemoReport {
    /// Compares deliveries with the truth.
    init(
        window: EventInterval,
        truth: UpstreamTruth,
        deliveries: Deliveries,
        raw: RawTally,
        control: ControlView,
        acts: [Act],
        seconds: Double,
        restarts: Int
    ) {
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
        self.window = window
        sent = truth.tweets.count
        self.delivered = delivered
        deletedBeforeDelivery = deletedFirst
        received = raw.connections.mapValues { $0.live + $0.backfill }
        backfilled = raw.connections.values.reduce(0) { $0 + $1.backfill }
        recovered = raw.recovered
        recoveredFirst = raw.broughtByRecoveryFirst
        duplicatesRemoved = max(0, raw.copies - deliveries.tweets)
        deleted = deliveries.tombstones
        lateCopies = raw.lateCopies
        self.missing = missing.count
        duplicated = deliveries.fates.values.reduce(0) { $0 + max(0, $1.delivered - 1) }
        resurrected = deliveries.fates.values.count(where: \.deliveredAfterTombstone)
        misKeyed = deliveries.misKeyed
        gaps = control.gaps.values.sorted { ($0.interval.from, $0.id) < ($1.interval.from, $1.id) }
            .map { Gap(id: $0.id, stream: $0.stream, from: $0.interval.from, to: $0.interval.to, states: $0.states) }
        self.acts = acts
        self.seconds = seconds
        self.restarts = restarts
        missingExamples = missing.sorted().prefix(10).map { id in
            "\(id) created \(TweetID(id)?.createdAt.map(\.description) ?? "before snowflakes")"
        }
    }
}

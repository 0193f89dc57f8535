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
        let comparison = Comparison(truth: truth, deliveries: deliveries)
        self.window = window
        sent = comparison.sent
        delivered = comparison.delivered
        deletedBeforeDelivery = comparison.deletedBeforeDelivery
        received = raw.connections.mapValues { $0.live + $0.backfill }
        backfilled = raw.connections.values.reduce(0) { $0 + $1.backfill }
        recovered = raw.recovered
        recoveredFirst = raw.broughtByRecoveryFirst
        duplicatesRemoved = max(0, raw.copies - deliveries.tweets)
        deleted = deliveries.tombstones
        lateCopies = raw.lateCopies
        missing = comparison.missing.count
        duplicated = comparison.duplicated
        resurrected = comparison.resurrected
        misKeyed = comparison.misKeyed
        gaps = control.gaps.values.sorted { ($0.interval.from, $0.id) < ($1.interval.from, $1.id) }
            .map { Gap(id: $0.id, stream: $0.stream, from: $0.interval.from, to: $0.interval.to, states: $0.states) }
        self.acts = acts
        self.seconds = seconds
        self.restarts = restarts
        missingExamples = comparison.missingExamples
    }
}

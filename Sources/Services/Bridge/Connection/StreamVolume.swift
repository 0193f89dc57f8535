import Ingest

/// How much a stream partition brings: rates for people, and the watch over its volume.
struct StreamVolume {
    private(set) var tweets = RateWindow()
    private(set) var wireBytes = RateWindow()
    private(set) var plainBytes = RateWindow()
    private(set) var verdict: VolumeMonitor.Verdict = .learning
    private var monitor = VolumeMonitor()
    private var before = PipelineCounts()

    /// A session began, whose counts start from zero.
    mutating func sessionBegan() {
        before = PipelineCounts()
        monitor.sessionBegan()
    }

    /// Notes one whole second.
    ///
    /// - Parameter counts: The session's counts so far; nil where there is none.
    /// - Returns: The verdict, where the volume has just fallen or come back.
    mutating func second(_ counts: PipelineCounts?) -> VolumeMonitor.Verdict? {
        guard let counts else {
            tweets.second(0)
            wireBytes.second(0)
            plainBytes.second(0)
            return nil
        }
        let now = counts.tweets - before.tweets
        let older = counts.backfillTweets - before.backfillTweets
        tweets.second(now)
        wireBytes.second(counts.wireBytes - before.wireBytes)
        plainBytes.second(counts.plainBytes - before.plainBytes)
        before = counts
        let wasFallen = isFallen
        // While a session catches up nothing is known, so what was known stands.
        let verdict = monitor.second(tweets: Int(now), older: Int(older))
        if verdict != .catchingUp || !wasFallen { self.verdict = verdict }
        return isFallen == wasFallen ? nil : self.verdict
    }

    /// Whether the volume is below half of its usual.
    var isFallen: Bool { if case .fallen = verdict { true } else { false } }

    /// The verdict in a word.
    var word: String {
        switch verdict {
        case .catchingUp: "catching-up"
        case .learning: "learning"
        case .usual: "usual"
        case .fallen: "fallen"
        }
    }
}

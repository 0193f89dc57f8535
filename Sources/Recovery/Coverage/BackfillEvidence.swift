import Tweets

/// Counts distinct Tweets by the second of their creation, to see how far back a session really delivered.
///
/// What was asked proves nothing, and neither does a look of fullness: latency alone fills the last seconds before a
/// connect. Only seconds that hold nearly what the session's own live seconds hold are credited.
struct BackfillEvidence {
    private let rule: CoverageRule
    private let plainLeftEnd: Instant
    /// The second since 1970 of the first count.
    private let firstSecond: Int64
    /// How many Tweets were created in each second: `backfillSecondsMax` before the left end, then those of the baseline.
    private var counts: [Int]
    private var ids = DistinctIDs()

    init(rule: CoverageRule, plainLeftEnd: Instant) {
        self.rule = rule
        self.plainLeftEnd = plainLeftEnd
        let left = plainLeftEnd.alignedUp(to: .seconds(1)).milliseconds / 1000
        firstSecond = left - Int64(CoverageRule.backfillSecondsMax)
        counts = [Int](repeating: 0, count: CoverageRule.backfillSecondsMax + rule.baselineSeconds)
    }

    /// Counts a Tweet once.
    mutating func add(_ id: TweetID, createdAt milliseconds: Int64) {
        let index = Int(milliseconds / 1000 - firstSecond)
        guard counts.indices.contains(index) else { return }
        if ids.insert(id.rawValue) { counts[index] += 1 }
    }

    /// From where delivery is proven; nil where none is.
    func creditedFrom() -> Instant? {
        guard !ids.isFull else { return nil }
        let left = CoverageRule.backfillSecondsMax
        let baseline = counts[left...].sorted()[rule.baselineSeconds / 2]
        guard baseline >= CoverageRule.baselineMin else { return nil }
        let window = rule.windowSeconds
        var oldest = left
        while oldest > 0, CoverageRule.isSecondFull(counts[oldest - 1], baseline: baseline) {
            // A window that reaches beyond the left end holds live seconds, which say nothing of backfill; what begins
            // there is never credited, since the distance that is kept is a window's.
            let end = oldest - 1 + window
            guard
                end > left
                    || CoverageRule.isWindowFull(
                        counts[(oldest - 1)..<end].reduce(0, +),
                        seconds: window,
                        baseline: baseline
                    )
            else { break }
            oldest -= 1
        }
        let from = Instant(seconds: firstSecond + Int64(oldest)) + rule.windowTime
        return from < plainLeftEnd ? from : nil
    }
}

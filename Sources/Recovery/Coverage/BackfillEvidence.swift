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
    private var counts: [Int]
    private var ids = DistinctIDs()

    init(rule: CoverageRule, plainLeftEnd: Instant) {
        self.rule = rule
        self.plainLeftEnd = plainLeftEnd
        let left = plainLeftEnd.alignedDown(to: .seconds(1)).milliseconds / 1000
        firstSecond = left - Int64(CoverageRule.backfillSecondsMax)
        counts = [Int](repeating: 0, count: CoverageRule.backfillSecondsMax + rule.baselineSeconds + 2)
    }

    /// Counts a Tweet once.
    mutating func add(_ id: TweetID, createdAt milliseconds: Int64) {
        let index = Int(milliseconds / 1000 - firstSecond)
        guard index >= 0, index < counts.count else { return }
        if ids.insert(id.rawValue) { counts[index] += 1 }
    }

    /// From where delivery is proven; nil where none is.
    func creditedFrom() -> Instant? {
        guard !ids.isFull else { return nil }
        let left = CoverageRule.backfillSecondsMax
        let after = counts[(left + 1)...(left + rule.baselineSeconds)].sorted()
        let baseline = after[after.count / 2]
        guard baseline > 0 else { return nil }
        let window = rule.windowSeconds
        var oldest: Int?
        var second = left
        while second >= 0 {
            let end = min(second + window, counts.count)
            let inWindow = counts[second..<end].reduce(0, +)
            guard Double(counts[second]) >= CoverageRule.secondShare * Double(baseline),
                Double(inWindow) >= CoverageRule.windowShare * Double(baseline * (end - second))
            else { break }
            oldest = second
            second -= 1
        }
        guard let oldest else { return nil }
        let from = Instant(seconds: firstSecond + Int64(oldest)) + rule.windowTime
        return from < plainLeftEnd ? from : nil
    }
}

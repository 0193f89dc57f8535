import Recovery
import Tweets

/// Event time that is lost for good: what left the recovery window, and what no topic takes.
///
/// Gaps tell it for a quarter, with the reason; what the ledger alone still knows of is older.
struct LostTime {
    struct Stretch {
        var stream: StreamPartition
        var range: EventInterval
        /// The gap that tells of it; nil where only the ledger does.
        var gap: GapRecord?
    }

    /// By stream partition and time; none overlap.
    private(set) var stretches: [Stretch] = []

    /// What gaps and ledgers tell.
    ///
    /// - Parameters:
    ///   - gaps: In any order.
    ///   - folded: What the ledgers tell, by stream partition.
    ///   - since: What lies before is left out, to the millisecond, so that reports of periods that meet add up.
    init(gaps: [GapRecord], folded: [StreamPartition: IntervalSet] = [:], since: Instant? = nil) {
        let period = EventInterval(
            from: since ?? Instant(milliseconds: .min),
            to: Instant(milliseconds: .max)
        )
        let byStream = Dictionary(grouping: gaps, by: \.stream)
        for stream in Set(byStream.keys).union(folded.keys).sorted() {
            var told = IntervalSet()
            var found: [Stretch] = []
            for gap in (byStream[stream] ?? []).sorted(by: { ($0.from, $0.id) < ($1.from, $1.id) }) {
                let own = Self.lost(of: gap).intersection(period).subtracting(told)
                told = told.union(own)
                found += own.intervals.map { Stretch(stream: stream, range: $0, gap: gap) }
            }
            let rest = (folded[stream] ?? IntervalSet()).intersection(period).subtracting(told)
            found += rest.intervals.map { Stretch(stream: stream, range: $0, gap: nil) }
            stretches += found.sorted { $0.range.from < $1.range.from }
        }
    }

    /// All of it, over all stream partitions.
    var duration: Duration { stretches.reduce(.zero) { $0 + $1.range.duration } }

    /// Why, and of how many stretches, the most frequent first.
    var reasons: [(reason: String, count: Int)] {
        let reasons = stretches.map { $0.gap?.reason ?? "told by the ledger alone: the gap is older than 90 days" }
        return Dictionary(grouping: reasons, by: \.self).map { ($0.key, $0.value.count) }
            .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
    }

    /// What of a gap is lost for good.
    static func lost(of gap: GapRecord) -> IntervalSet {
        if gap.state == .unrecoverable, gap.unrecoverable.isEmpty { return IntervalSet(gap.range) }
        return IntervalSet(gap.unrecoverable)
    }
}

/// The same in every answer.
struct LostDocument: Encodable {
    struct Stretch: Encodable {
        var stream: StreamProduct
        var partition: Int
        var from: Instant
        var to: Instant
        /// The gap that tells of it; nil where it is so old that only the ledger does.
        var gap: String?
        var reason: String?
    }

    /// All of it, over all stream partitions.
    var seconds: Double
    var stretches: [Stretch]

    init(_ lost: LostTime) {
        seconds = lost.duration.inSeconds
        stretches = lost.stretches.map {
            Stretch(
                stream: $0.stream.product,
                partition: $0.stream.number,
                from: $0.range.from,
                to: $0.range.to,
                gap: $0.gap?.id,
                reason: $0.gap?.reason
            )
        }
    }
}

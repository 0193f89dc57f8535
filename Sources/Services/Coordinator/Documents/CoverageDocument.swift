import Recovery
import Tweets

/// What `decahose coverage --json` prints and `/coverage` answers.
struct CoverageDocument: Encodable {
    struct Stream: Encodable {
        var stream: StreamProduct
        var partition: Int
        /// From where the timeline is judged.
        var from: Instant
        /// The settled frontier: newer time is pending.
        var to: Instant
        var connections: [String: [EventInterval]]
        var covered: [EventInterval]
        var filled: [EventInterval]
        var missing: [EventInterval]
        /// Event time inside the timeline, in seconds.
        var coveredSeconds: Double
        var missingSeconds: Double
    }

    var streams: [Stream]

    init(_ coverages: [StreamCoverage]) {
        streams = coverages.map { coverage in
            let missing = coverage.missing
            let timeline = coverage.timeline
            return Stream(
                stream: coverage.stream.product,
                partition: coverage.stream.number,
                from: timeline.from,
                to: timeline.to,
                connections: coverage.byConnection.mapValues(\.intervals),
                covered: coverage.covered.intervals,
                filled: coverage.filled.intervals,
                missing: missing.intervals,
                coveredSeconds: coverage.covered.intersection(timeline).duration.inSeconds,
                missingSeconds: missing.duration.inSeconds
            )
        }
    }
}

extension Duration {
    /// The duration in seconds, to the millisecond.
    var inSeconds: Double { Double(milliseconds) / 1000 }
}

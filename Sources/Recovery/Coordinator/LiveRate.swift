public import Tweets

/// How many Tweets a second the live connections bring, measured from what their sessions tell.
public struct LiveRate: Hashable, Sendable {
    private struct Sample: Hashable {
        var tweets: Int64
        var at: MonotonicInstant
    }

    private struct Measure: Hashable {
        var stream: StreamPartition
        var connection: String
        var first: Sample
        var last: Sample
        var perSecond: Double = 0
    }

    private var measures: [ControlKey: Measure] = [:]
    /// A measurement over less says little.
    private let spanMin: Duration

    /// Nothing measured yet.
    ///
    /// - Parameter spanMin: The shortest time over which a rate is measured.
    public init(spanMin: Duration) {
        self.spanMin = spanMin
    }

    /// Takes the state of a session.
    public mutating func note(_ record: SessionRecord, at now: MonotonicInstant) {
        guard record.closed == nil else {
            measures[record.key] = nil
            return
        }
        let sample = Sample(tweets: record.counters.tweets, at: now)
        var measure =
            measures[record.key]
            ?? Measure(stream: record.stream, connection: record.connection, first: sample, last: sample)
        measure.last = sample
        let elapsed = sample.at - measure.first.at
        if elapsed >= spanMin {
            measure.perSecond =
                Double(sample.tweets - measure.first.tweets) * 1000 / Double(max(1, elapsed.milliseconds))
            measure.first = sample
        }
        measures[record.key] = measure
    }

    /// The rate over all stream partitions, each as its fastest connection tells it; 0 while nothing is measured.
    ///
    /// - Parameter now: Sessions that were not heard for ten spans no longer count.
    public func perSecond(at now: MonotonicInstant) -> Double {
        let live = measures.values.filter { now - $0.last.at < spanMin * 10 }
        return Dictionary(grouping: live, by: \.stream).values.reduce(0) { sum, measures in
            sum + (measures.map(\.perSecond).max() ?? 0)
        }
    }
}

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

        mutating func take(_ sample: Sample, spanMin: Duration) {
            last = sample
            let elapsed = sample.at - first.at
            guard elapsed >= spanMin else { return }
            perSecond = Double(sample.tweets - first.tweets) * 1000 / Double(max(1, elapsed.milliseconds))
            first = sample
        }
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
        guard measures[record.key]?.take(sample, spanMin: spanMin) == nil else { return }
        measures[record.key] = Measure(
            stream: record.stream,
            connection: record.connection,
            first: sample,
            last: sample
        )
    }

    /// The rate over all stream partitions, each as its fastest connection tells it; 0 while nothing is measured.
    ///
    /// - Parameter now: Sessions that were not heard for ten spans no longer count.
    public func perSecond(at now: MonotonicInstant) -> Double {
        var fastest: [StreamPartition: Double] = [:]
        let start = now - spanMin * 10
        for measure in measures.values where measure.last.at > start {
            fastest[measure.stream] = max(fastest[measure.stream] ?? 0, measure.perSecond)
        }
        return fastest.keys.sorted().reduce(0) { $0 + (fastest[$1] ?? 0) }
    }
}

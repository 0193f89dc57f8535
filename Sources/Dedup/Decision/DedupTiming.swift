/// The durations by which one stage decides.
public struct DedupTiming: Hashable, Sendable {
    /// How far before the stream time an ID is remembered.
    public var horizon: Duration
    /// How far back a recovery can reach: creation times older than this and an hour are no record timestamps.
    public var recoveryWindow: Duration
    /// How long after its end, in event time, a minute of the census settles.
    public var censusSettle: Duration

    /// How far ahead of the time received a creation time may be: clocks differ.
    public static let aheadMax: Duration = .seconds(300)

    /// Durations from their values.
    ///
    /// - Parameters:
    ///   - horizon: The setting `dedup.horizon`.
    ///   - recoveryWindow: The dialect's.
    ///   - deliverySlack: The setting `stream.delivery_slack`. Twice that, and the five minutes that a backfill can
    ///     reach back, settle a minute of the census.
    public init(horizon: Duration, recoveryWindow: Duration, deliverySlack: Duration) {
        self.horizon = horizon
        self.recoveryWindow = recoveryWindow
        censusSettle = deliverySlack * 2 + .seconds(300)
    }

    /// How long after its end a bucket stays fresh: as long as the census needs what only fresh entries know.
    public var freezeAfter: Duration { max(.seconds(1200), censusSettle + .seconds(120)) }
}

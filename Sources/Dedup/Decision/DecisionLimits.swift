import Tweets

/// The durations of a decision in milliseconds, since arithmetic on `Duration` is of 128 bits.
struct DecisionLimits: Sendable {
    /// How far before the stream time an ID is remembered.
    let horizon: Int64
    /// How far before the time received a creation time may be a record's timestamp.
    let timestampAge: Int64
    /// How far ahead of the time received a creation time may be.
    let ahead: Int64

    init(_ timing: DedupTiming) {
        horizon = timing.horizon.milliseconds
        timestampAge = (timing.recoveryWindow + .seconds(3600)).milliseconds
        ahead = DedupTiming.aheadMax.milliseconds
    }

    /// Whether an ID is from the future as seen by whoever received it.
    @inline(__always)
    func isAhead(_ created: Instant, of received: Instant) -> Bool {
        created.milliseconds > received.milliseconds &+ ahead
    }

    /// The timestamp of a Tweet's record: its creation time, unless that is absurdly old or from the future.
    @inline(__always)
    func timestamp(created: Instant, received: Instant) -> Instant {
        let isPlausible =
            created.milliseconds >= received.milliseconds &- timestampAge && !isAhead(created, of: received)
        return isPlausible ? created : received
    }
}

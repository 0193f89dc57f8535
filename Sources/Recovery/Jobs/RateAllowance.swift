public import Tweets

/// A bucket that fills at a rate and is emptied by what was read.
public struct RateAllowance: Hashable, Sendable {
    /// As much as this much time allows may be read at once after a pause.
    public static let burst: Duration = .milliseconds(250)

    private var available: Double = 0
    private var filledAt: MonotonicInstant

    /// An empty bucket.
    public init(at now: MonotonicInstant) {
        filledAt = now
    }

    /// Takes records out; the bucket may go below empty, since a piece cannot be read by half.
    public mutating func take(_ records: Int) {
        available -= Double(records)
    }

    /// Fills the bucket for the time since the last call, and says how long until it is no longer below empty.
    ///
    /// - Parameters:
    ///   - now: The monotonic clock.
    ///   - rate: Records a second, above zero.
    public mutating func wait(at now: MonotonicInstant, rate: Double) -> Duration {
        precondition(rate > 0, "a rate of \(rate) records a second")
        let elapsed = Double(max(0, (now - filledAt).nanoseconds)) / 1e9
        filledAt = max(filledAt, now)
        let most = rate * Double(Self.burst.milliseconds) / 1000
        available = min(most, available + elapsed * rate)
        guard available < 0 else { return .zero }
        return .milliseconds(Int64((-available / rate * 1000).rounded(.up)))
    }
}

import FoundationEssentials
public import Tweets

/// The clocks of the shells; cores never ask them, they are told.
public enum WallClock {
    /// The host's wall clock.
    public static let now: @Sendable () -> Instant = {
        Instant(milliseconds: Int64((Date().timeIntervalSince1970 * 1000).rounded(.down)))
    }
}

/// The host's clock that never goes back.
public enum MonotonicClock {
    /// Nanoseconds since the first use in this process.
    public static let now: @Sendable () -> MonotonicInstant = {
        MonotonicInstant(nanoseconds: (ContinuousClock.now - start).nanoseconds)
    }

    private static let start = ContinuousClock.now
}

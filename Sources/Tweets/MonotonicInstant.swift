/// A moment of a clock that never goes back and that no one sets: nanoseconds since an arbitrary start.
///
/// Everything that waits or measures in a core counts by it; shells fill it from `ContinuousClock`, simulations from a
/// virtual clock.
public struct MonotonicInstant: Hashable, Comparable, Sendable {
    /// Nanoseconds since the clock's own start.
    public var nanoseconds: Int64

    /// A moment from its nanoseconds since the clock's own start.
    public init(nanoseconds: Int64) {
        self.nanoseconds = nanoseconds
    }

    /// Compares by time.
    public static func < (left: MonotonicInstant, right: MonotonicInstant) -> Bool {
        left.nanoseconds < right.nanoseconds
    }

    /// The moment `duration` later.
    public static func + (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: instant.nanoseconds + duration.nanoseconds)
    }

    /// The moment `duration` earlier.
    public static func - (instant: MonotonicInstant, duration: Duration) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: instant.nanoseconds - duration.nanoseconds)
    }

    /// The time from the right moment to the left one.
    public static func - (left: MonotonicInstant, right: MonotonicInstant) -> Duration {
        Duration(attoseconds: Int128(left.nanoseconds - right.nanoseconds) * 1_000_000_000)
    }
}

extension Duration {
    /// Whole nanoseconds, rounded towards zero.
    public var nanoseconds: Int64 { whole(trailingZeros: 9, rest: 1_953_125) }
}

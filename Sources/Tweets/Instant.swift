/// A moment of event time or of a wall clock: milliseconds since 1970-01-01T00:00:00Z.
///
/// In JSON it is a string in ISO 8601, UTC, with milliseconds, so that records can be read by people.
public struct Instant: Hashable, Comparable, Sendable {
    /// Milliseconds since 1970-01-01T00:00:00Z; negative before.
    public var milliseconds: Int64

    /// A moment from its milliseconds since 1970-01-01T00:00:00Z.
    public init(milliseconds: Int64) {
        self.milliseconds = milliseconds
    }

    /// A moment from its seconds since 1970-01-01T00:00:00Z.
    public init(seconds: Int64) {
        milliseconds = seconds * 1000
    }

    /// Compares by time.
    public static func < (left: Instant, right: Instant) -> Bool {
        left.milliseconds < right.milliseconds
    }

    /// The moment `duration` later, to the millisecond.
    public static func + (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds + duration.milliseconds)
    }

    /// The moment `duration` earlier, to the millisecond.
    public static func - (instant: Instant, duration: Duration) -> Instant {
        Instant(milliseconds: instant.milliseconds - duration.milliseconds)
    }

    /// The time from the right moment to the left one.
    public static func - (left: Instant, right: Instant) -> Duration {
        Duration(wholeMilliseconds: left.milliseconds - right.milliseconds)
    }

    /// The greatest multiple of `unit` since 1970 that is not after this moment.
    ///
    /// - Parameter unit: At least one millisecond.
    public func alignedDown(to unit: Duration) -> Instant {
        let step = unit.milliseconds
        precondition(step > 0, "alignment to \(unit)")
        let remainder = milliseconds % step
        return Instant(milliseconds: milliseconds - (remainder < 0 ? remainder + step : remainder))
    }

    /// The smallest multiple of `unit` since 1970 that is not before this moment.
    ///
    /// - Parameter unit: At least one millisecond.
    public func alignedUp(to unit: Duration) -> Instant {
        let down = alignedDown(to: unit)
        return down == self ? self : down + unit
    }
}

extension Duration {
    /// Whole milliseconds, rounded towards zero.
    public var milliseconds: Int64 { whole(trailingZeros: 15, rest: 30_517_578_125) }

    /// A length in whole milliseconds; the standard library's own comes through generic 128-bit arithmetic.
    init(wholeMilliseconds: Int64) {
        self.init(attoseconds: Int128(wholeMilliseconds) * 1_000_000_000_000_000)
    }

    /// How many whole units of `rest` times two to the power of `trailingZeros` attoseconds it has, rounded towards zero.
    ///
    /// Every comparison of two moments comes through here. `components` divides 128 bits four times; what is shorter than
    /// an hour (nanoseconds) or three days (milliseconds) needs one division by a constant in 64 bits.
    @inline(__always)
    func whole(trailingZeros: Int64, rest: Int64) -> Int64 {
        let attoseconds = attoseconds
        let magnitude = attoseconds.magnitude >> trailingZeros
        guard let short = Int64(exactly: magnitude) else {
            return Int64(attoseconds / (Int128(rest) << trailingZeros))
        }
        return attoseconds < 0 ? -(short / rest) : short / rest
    }
}

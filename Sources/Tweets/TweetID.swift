/// The 64-bit number that names a Tweet.
///
/// Since 2010-11-04 it is a snowflake: 41 bits of milliseconds since 1288834974657, 10 bits of worker, 12 of sequence.
public struct TweetID: Hashable, Comparable, Sendable {
    /// The number itself, 1 … 2⁶³ − 1.
    public let rawValue: UInt64

    /// Milliseconds since 1970 at which the snowflake clock starts.
    public static let snowflakeEpoch: Int64 = 1_288_834_974_657

    /// The first ID that was given out as a snowflake; smaller ones were a plain count.
    public static let firstSnowflake: UInt64 = 29_700_859_247

    /// The most digits an ID can have in decimal.
    public static let digitsMax = 19

    /// An ID from its number; nil outside 1 … 2⁶³ − 1.
    @inlinable
    public init?(_ rawValue: UInt64) {
        guard rawValue > 0, rawValue <= UInt64(Int64.max) else { return nil }
        self.rawValue = rawValue
    }

    /// An ID from decimal ASCII digits; nil for no digits, other bytes, a leading zero, or a number outside the range.
    @inlinable
    public init?(decimal bytes: UnsafeRawBufferPointer) {
        guard (1...Self.digitsMax).contains(bytes.count), bytes[0] != 0x30 else { return nil }
        var value: UInt64 = 0
        for byte in bytes {
            let digit = byte &- 0x30
            guard digit <= 9 else { return nil }
            value = value &* 10 &+ UInt64(digit)
        }
        self.init(value)
    }

    /// The earliest ID that a Tweet created at `instant` or later can have.
    public init(earliestAt instant: Instant) {
        let since = max(0, min(instant.milliseconds - Self.snowflakeEpoch, Int64(1) << 41 - 1))
        rawValue = max(UInt64(since) << 22, Self.firstSnowflake)
    }

    /// When the Tweet was created, to the millisecond; nil before snowflakes.
    @inlinable
    public var createdAt: Instant? {
        guard rawValue >= Self.firstSnowflake else { return nil }
        return Instant(milliseconds: Int64(rawValue >> 22) + Self.snowflakeEpoch)
    }

    /// Compares by number, which for snowflakes is by creation time.
    @inlinable
    public static func < (left: TweetID, right: TweetID) -> Bool {
        left.rawValue < right.rawValue
    }

    /// Calls `body` with the decimal ASCII digits, which live on the stack.
    @inlinable
    public func withDecimal<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        withUnsafeTemporaryAllocation(byteCount: 20, alignment: 1) { buffer in
            var position = 20
            var rest = rawValue
            repeat {
                position -= 1
                let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
                buffer[position] = UInt8(truncatingIfNeeded: digit) | 0x30
                rest = quotient
            } while rest != 0
            return body(UnsafeRawBufferPointer(rebasing: buffer[position...]))
        }
    }
}

extension TweetID: CustomStringConvertible {
    /// The decimal digits.
    public var description: String { String(rawValue) }
}

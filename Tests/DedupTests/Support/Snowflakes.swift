import Tweets

/// IDs as a sampled stream has them: a hundred milliseconds of each second, few workers, low sequence numbers.
struct Snowflakes {
    var generator: SplitMix64
    /// The start of event time, in milliseconds on the snowflake clock.
    var start: UInt64 = 500_000_000_000

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
    }

    /// An ID created `seconds` after the start.
    mutating func id(atSecond second: Int) -> UInt64 {
        let millisecond = UInt64(Int(start / 1000) + second) * 1000 + UInt64.random(in: 0..<100, using: &generator)
        let worker = UInt64.random(in: 320..<400, using: &generator)
        // Half of all are 0, a quarter 1, and so on.
        let sequence = UInt64(min(30, generator.next().trailingZeroBitCount))
        return millisecond << 22 | worker << 12 | sequence
    }

    /// An ID with any worker and sequence, at a millisecond of its own choice.
    mutating func wild(millisecond: UInt64) -> UInt64 {
        millisecond << 22 | UInt64.random(in: 0..<(1 << 22), using: &generator)
    }
}

/// Sebastiano Vigna's SplitMix64 (https://prng.di.unimi.it/splitmix64.c): small, fast, and the same on every machine.
public struct SplitMix64: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator that repeats itself for the same seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// A generator for one concern, independent of the ones with another salt.
    public init(seed: UInt64, salt: UInt64) {
        state = Self.mix(seed ^ Self.mix(salt))
    }

    /// The next 64 bits.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.finish(state)
    }

    /// Spreads a number over all 64 bits; the same number always gives the same.
    @inlinable
    public static func mix(_ value: UInt64) -> UInt64 {
        finish(value &+ 0x9E37_79B9_7F4A_7C15)
    }

    @inlinable
    static func finish(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

extension UInt64 {
    /// The number as a share of its range, 0 ..< 1.
    @inlinable
    var unitInterval: Double { Double(self >> 11) * 0x1p-53 }
}

/// Everything that is drawn: SplitMix64 (Sebastiano Vigna, https://prng.di.unimi.it/splitmix64.c), the same on every machine.
struct Dice: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) { state = seed }

    /// Independent of the one with another salt.
    init(seed: UInt64, salt: UInt64) { state = Self.mix(seed ^ Self.mix(salt)) }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.finish(state)
    }

    /// Spreads a number over all bits.
    static func mix(_ value: UInt64) -> UInt64 { finish(value &+ 0x9E37_79B9_7F4A_7C15) }

    private static func finish(_ value: UInt64) -> UInt64 {
        var bits = value
        bits = (bits ^ (bits >> 30)) &* 0xBF58_476D_1CE4_E5B9
        bits = (bits ^ (bits >> 27)) &* 0x94D0_49BB_1331_11EB
        return bits ^ (bits >> 31)
    }
}

extension UInt64 {
    /// The number as a share of its range, 0 ..< 1.
    var share: Double { Double(self >> 11) * 0x1p-53 }
}

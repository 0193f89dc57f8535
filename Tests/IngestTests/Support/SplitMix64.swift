import Foundation

/// A small generator whose runs can be repeated from their seed.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A generator from `DECAHOSE_TEST_SEED`, or from a fresh seed, which is printed.
    static func forTest(_ name: String) -> SplitMix64 {
        let text = ProcessInfo.processInfo.environment["DECAHOSE_TEST_SEED"]
        let seed = text.flatMap { UInt64($0) } ?? UInt64.random(in: 0...UInt64.max)
        print("\(name): DECAHOSE_TEST_SEED=\(seed)")
        return SplitMix64(seed: seed)
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}

import Foundation

/// A small generator whose whole state is its seed, so that a failing run can be had again.
struct SplitMix64: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    mutating func chance(_ probability: Double) -> Bool {
        Double.random(in: 0..<1, using: &self) < probability
    }
}

/// The seeds of a randomised test: a few new ones each run, or the one in `DECAHOSE_TEST_SEED`.
enum Seeds {
    static func draw(_ count: Int) -> [UInt64] {
        if let text = ProcessInfo.processInfo.environment["DECAHOSE_TEST_SEED"], let seed = UInt64(text) {
            return [seed]
        }
        return (0..<count).map { _ in UInt64.random(in: 0..<UInt64(UInt32.max)) }
    }
}

import Foundation

/// A small generator whose whole state is its seed, so that a failing run can be had again.
struct SeededGenerator: RandomNumberGenerator {
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
}

/// The seed of a randomised test: a new one, or the one in `DECAHOSE_TEST_SEED`; printed either way.
enum Seed {
    static var fresh: UInt64 {
        let given = ProcessInfo.processInfo.environment["DECAHOSE_TEST_SEED"].flatMap(UInt64.init)
        let seed = given ?? UInt64.random(in: 0..<UInt64(UInt32.max))
        print("seed \(seed)")
        return seed
    }
}

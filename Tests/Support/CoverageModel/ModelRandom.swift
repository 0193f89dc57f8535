import Glibc

/// A small generator whose whole state is its seed, so that a failing run can be had again.
public struct ModelRandom: RandomNumberGenerator, Sendable {
    private var state: UInt64

    /// A generator of one seed.
    public init(seed: UInt64) {
        state = seed
    }

    /// The next 64 bits.
    ///
    /// Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014.
    public mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// A number from 0 up to 1.
    mutating func unit() -> Double {
        Double(next() >> 11) * 0x1p-53
    }

    mutating func chance(_ probability: Double) -> Bool {
        unit() < probability
    }

    /// A whole number of a range; quicker than the library's, and even enough for a model.
    mutating func number(_ range: ClosedRange<Int64>) -> Int64 {
        range.lowerBound + Int64(next() % UInt64(range.upperBound - range.lowerBound + 1))
    }

    /// Milliseconds to the next of events that come independently of each other.
    mutating func wait(perSecond rate: Double) -> Double {
        -1000 / rate * log(1 - unit())
    }

    mutating func pick<Element>(_ elements: [Element]) -> Element {
        elements[Int(next() % UInt64(elements.count))]
    }
}

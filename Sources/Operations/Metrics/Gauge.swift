import Synchronization

/// A number that goes up and down; its name ends in its unit.
public final class Gauge: Sendable {
    private let bits = Atomic<UInt64>(0)

    init() {}

    /// Sets it.
    public func set(_ value: Double) {
        bits.store(value.bitPattern, ordering: .relaxed)
    }

    /// Sets it to a whole number.
    public func set(_ value: Int) {
        set(Double(value))
    }

    /// The present value.
    public var value: Double { Double(bitPattern: bits.load(ordering: .relaxed)) }
}

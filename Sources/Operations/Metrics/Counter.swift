import Synchronization

/// A number that only grows; its name ends in `_total`.
public final class Counter: Sendable {
    private let count = Atomic<Int64>(0)

    init() {}

    /// Adds to it.
    ///
    /// - Parameter amount: Not negative.
    public func add(_ amount: Int64 = 1) {
        count.wrappingAdd(amount, ordering: .relaxed)
    }

    /// Takes over a total that somebody else counts; it must never fall.
    public func set(_ total: Int64) {
        count.store(total, ordering: .relaxed)
    }

    /// The present total.
    public var value: Int64 { count.load(ordering: .relaxed) }
}

/// A set of non-zero numbers with open addressing; grows by doubling, up to a limit.
struct DistinctIDs {
    /// The most numbers that it takes; 16 MiB of memory.
    static let countMax = 1 << 20

    private var slots = [UInt64](repeating: 0, count: 1 << 12)
    private(set) var count = 0

    /// Whether it is full, so that `insert` would not know any more.
    var isFull: Bool { count >= Self.countMax }

    /// Adds a number.
    ///
    /// - Returns: Whether it is new; false too where the set is full.
    mutating func insert(_ number: UInt64) -> Bool {
        guard !isFull else { return false }
        if count * 2 >= slots.count { grow() }
        var index = Self.hash(number) & (slots.count - 1)
        while slots[index] != 0 {
            if slots[index] == number { return false }
            index = (index + 1) & (slots.count - 1)
        }
        slots[index] = number
        count += 1
        return true
    }

    private mutating func grow() {
        let old = slots
        slots = [UInt64](repeating: 0, count: old.count * 2)
        for number in old where number != 0 {
            var index = Self.hash(number) & (slots.count - 1)
            while slots[index] != 0 { index = (index + 1) & (slots.count - 1) }
            slots[index] = number
        }
    }

    private static func hash(_ number: UInt64) -> Int {
        Int(truncatingIfNeeded: (number &* 0x9E37_79B9_7F4A_7C15) >> 20)
    }
}

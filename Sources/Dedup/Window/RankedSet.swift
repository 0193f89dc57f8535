/// A set of small numbers that tells the rank of each: a bitmap with the count before every word.
struct RankedSet: Sendable {
    private var words: [UInt64]
    private var before: [UInt16]
    private(set) var count = 0

    /// An empty set of numbers below `limit`, at most 65,536.
    init(limit: Int) {
        words = [UInt64](repeating: 0, count: (limit + 63) / 64)
        before = [UInt16](repeating: 0, count: words.count)
    }

    /// Memory in bytes, both arrays' headers included.
    var bytes: Int { words.capacity * 8 + before.capacity * 2 + 64 }

    mutating func insert(_ number: Int) {
        words[number >> 6] |= 1 << UInt64(number & 63)
    }

    /// To be called once after the last `insert`.
    mutating func seal() {
        count = 0
        for index in words.indices {
            before[index] = UInt16(count)
            count += words[index].nonzeroBitCount
        }
    }

    /// How many members are smaller; nil for a number that is no member.
    @inline(__always)
    func rank(of number: Int) -> UInt64? {
        let word = words[number >> 6]
        let bit: UInt64 = 1 &<< UInt64(truncatingIfNeeded: number & 63)
        guard word & bit != 0 else { return nil }
        return UInt64(before[number >> 6]) &+ UInt64(truncatingIfNeeded: (word & (bit &- 1)).nonzeroBitCount)
    }

    /// The members in order.
    var members: [Int] {
        words.indices.flatMap { index in
            (0..<64).lazy.filter { words[index] >> UInt64($0) & 1 == 1 }.map { index * 64 + $0 }
        }
    }
}

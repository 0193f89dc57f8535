/// The creation times of the Tweets read in one second of the clock, for the one that one in a hundred is older than.
///
/// Exact, and indifferent to absurd values: a Tweet that claims to be years old is one of the oldest, and no more than
/// that. Adding is an append to memory that is kept. A second in which very many are read is judged in parts, of which
/// the oldest answer counts, so that the answer is never later than the truth.
struct CreationTimes {
    /// How many are judged together; 128 KiB of memory.
    static let partSize = 16384

    private var part: [Int64] = []
    private var oldestOfPart = Int64.max
    private var answerOfParts = Int64.max

    /// How many Tweets were added.
    private(set) var count = 0
    /// The newest creation time added, in milliseconds since 1970.
    private(set) var newest = Int64.min

    /// Adds a Tweet by its creation time in milliseconds since 1970.
    @inline(__always)
    mutating func add(_ milliseconds: Int64) {
        if part.count == Self.partSize { closePart() }
        part.append(milliseconds)
        count += 1
        if milliseconds > newest { newest = milliseconds }
        if milliseconds < oldestOfPart { oldestOfPart = milliseconds }
    }

    /// A creation time that at most one in a hundred of the Tweets is older than; nil without Tweets.
    ///
    /// Of fewer than a hundred it is the oldest.
    mutating func frontier() -> Int64? {
        guard count > 0 else { return nil }
        return min(answerOfParts, answerOfPart())
    }

    /// A creation time that about half of the Tweets are newer than, of those that were added last; nil for fewer than
    /// three, of which one that is absurd would be a majority.
    mutating func median() -> Int64? {
        guard part.count >= 3 else { return nil }
        return part.withUnsafeMutableBufferPointer { Self.select($0.count / 2, in: $0) }
    }

    /// Forgets everything; memory is kept.
    mutating func clear() {
        part.removeAll(keepingCapacity: true)
        oldestOfPart = .max
        answerOfParts = .max
        count = 0
        newest = .min
    }

    private mutating func closePart() {
        answerOfParts = min(answerOfParts, answerOfPart())
        part.removeAll(keepingCapacity: true)
        oldestOfPart = .max
    }

    private mutating func answerOfPart() -> Int64 {
        let rank = part.count / CoverageRule.frontierOneIn
        return rank == 0 ? oldestOfPart : part.withUnsafeMutableBufferPointer { Self.select(rank, in: $0) }
    }

    /// The value with `rank` values before it in order; reorders them.
    ///
    /// Source: C. A. R. Hoare, "Algorithm 65: Find", Communications of the ACM 4 (1961).
    private static func select(_ rank: Int, in values: UnsafeMutableBufferPointer<Int64>) -> Int64 {
        var low = 0
        var high = values.count - 1
        while low < high {
            let pivot = values[low + (high - low) / 2]
            var left = low
            var right = high
            while left <= right {
                while values[left] < pivot { left += 1 }
                while values[right] > pivot { right -= 1 }
                if left <= right {
                    values.swapAt(left, right)
                    left += 1
                    right -= 1
                }
            }
            if rank <= right {
                high = right
            } else if rank >= left {
                low = left
            } else {
                break
            }
        }
        return values[rank]
    }
}

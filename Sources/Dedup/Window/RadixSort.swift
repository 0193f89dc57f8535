/// Sorts marks, numbers of 43 bits, by eleven bits a pass, since comparing them would cost five times as much.
enum RadixSort {
    private static let digitBits: UInt64 = 11
    private static let passes = 4
    private static let bins = 1 << 11
    /// Below this the bins cost more than they save.
    private static let countMin = 1024

    /// Sorts in ascending order.
    static func sort(_ numbers: inout [UInt64]) {
        guard numbers.count >= countMin else { return numbers.sort() }
        var counts = [Int](repeating: 0, count: passes * bins)
        for number in numbers {
            for pass in 0..<passes { counts[pass * bins + digit(number, pass)] += 1 }
        }
        var from = numbers
        var to = [UInt64](repeating: 0, count: numbers.count)
        for pass in 0..<passes where !isTrivial(counts, pass, of: from[0], among: from.count) {
            var offset = 0
            for bin in pass * bins..<(pass + 1) * bins {
                let count = counts[bin]
                counts[bin] = offset
                offset += count
            }
            var places = to.mutableSpan
            for number in from {
                let bin = pass * bins + digit(number, pass)
                places[unchecked: counts[bin]] = number
                counts[bin] += 1
            }
            swap(&from, &to)
        }
        numbers = from
    }

    /// Whether all numbers have the same digit.
    private static func isTrivial(_ counts: [Int], _ pass: Int, of number: UInt64, among count: Int) -> Bool {
        counts[pass * bins + digit(number, pass)] == count
    }

    @inline(__always)
    private static func digit(_ number: UInt64, _ pass: Int) -> Int {
        Int(truncatingIfNeeded: number &>> (UInt64(truncatingIfNeeded: pass) &* digitBits) & UInt64(bins - 1))
    }
}

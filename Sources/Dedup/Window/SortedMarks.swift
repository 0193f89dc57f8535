/// Lists of keys in order, each shifted up with its deleted mark in the lowest bit.
enum SortedMarks {
    /// One list of two, each key once: deleted if it is so in either.
    static func merged(_ left: [UInt64], _ right: [UInt64]) -> [UInt64] {
        if left.isEmpty { return right }
        if right.isEmpty { return left }
        var merged: [UInt64] = []
        merged.reserveCapacity(left.count + right.count)
        var index = 0
        for mark in right {
            while index < left.count, left[index] >> 1 < mark >> 1 {
                merged.append(left[index])
                index += 1
            }
            if index < left.count, left[index] >> 1 == mark >> 1 {
                merged.append(mark | left[index])
                index += 1
            } else {
                merged.append(mark)
            }
        }
        merged.append(contentsOf: left[index...])
        return merged
    }

    /// Makes each key of a sorted list stand once, deleted if any of its marks is.
    static func removeDuplicates(_ marks: inout [UInt64]) {
        guard !marks.isEmpty else { return }
        var last = 0
        for index in 1..<marks.count {
            // The deleted one of two equal keys is the greater, so it comes later.
            if marks[index] >> 1 != marks[last] >> 1 { last += 1 }
            marks[last] = marks[index]
        }
        marks.removeLast(marks.count - 1 - last)
    }
}

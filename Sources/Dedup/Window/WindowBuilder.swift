/// Makes a window out of very many IDs that come at once: gathers them unhashed, and sorts and packs whole buckets.
struct WindowBuilder: Sendable {
    private struct Part: Sendable {
        /// Keys in the order in which they came, each shifted up with its deleted mark in the lowest bit.
        var marks: [UInt64] = []
        var frozen = FrozenBucket()
    }

    private var numbers: [UInt64] = []
    private var parts: [Part] = []
    private var last = 0

    init() {}

    /// Adds an ID; a deleted one stays so.
    @inline(__always)
    mutating func add(_ id: UInt64, isDeleted: Bool) {
        let number = DedupWindow.bucket(of: id)
        if last >= numbers.count || numbers[last] != number { find(number) }
        parts[last].marks.append((id & SeenEntry.keyMask) &<< 1 | (isDeleted ? 1 : 0))
    }

    /// Drops every bucket before that of `id`, an ID made of a moment.
    mutating func dropBuckets(before id: UInt64) {
        let number = DedupWindow.bucket(of: id)
        let kept = numbers.firstIndex { $0 >= number } ?? numbers.count
        numbers.removeFirst(kept)
        parts.removeFirst(kept)
        last = 0
    }

    /// Packs buckets before that of `id`, where more than a quarter of them is not packed.
    mutating func freezeBuckets(before id: UInt64) {
        for index in numbers.indices {
            if numbers[index] >= DedupWindow.bucket(of: id) { break }
            if parts[index].marks.count > max(256, parts[index].frozen.count / 4) { freeze(index) }
        }
    }

    /// The window: buckets before that of `id` packed, the others hashed.
    consuming func finish(freezingBefore id: UInt64) -> DedupWindow {
        let limit = DedupWindow.bucket(of: id)
        var buckets: [WindowBucket] = []
        buckets.reserveCapacity(parts.count)
        for index in numbers.indices {
            if numbers[index] < limit, !parts[index].marks.isEmpty { freeze(index) }
            var bucket = WindowBucket()
            bucket.frozen = parts[index].frozen
            for mark in parts[index].marks {
                let entry = SeenEntry(mark: mark)
                // A later mark must not take a delete back.
                if !entry.isDeleted, bucket.find(entry.key).entry.isKnown { continue }
                bucket.fresh.set(entry)
            }
            parts[index] = Part()
            buckets.append(bucket)
        }
        return DedupWindow(numbers: numbers, buckets: buckets)
    }

    private mutating func freeze(_ index: Int) {
        var marks: [UInt64] = []
        swap(&marks, &parts[index].marks)
        RadixSort.sort(&marks)
        SortedMarks.removeDuplicates(&marks)
        if parts[index].frozen.count > 0 { marks = SortedMarks.merged(Array(parts[index].frozen), marks) }
        parts[index].frozen = FrozenBucket(bucket: numbers[index], marks: marks)
    }

    @inline(never)
    private mutating func find(_ number: UInt64) {
        last = numbers.firstIndex { $0 >= number } ?? numbers.count
        guard last == numbers.count || numbers[last] != number else { return }
        numbers.insert(number, at: last)
        parts.insert(Part(), at: last)
    }
}

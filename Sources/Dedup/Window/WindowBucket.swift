/// What is remembered of one stretch of event time, in three layers of which the upper ones hide the lower.
struct WindowBucket: Sendable {
    /// What was added or changed since the last packing began.
    var fresh = FreshPart()
    /// What is being packed; nothing is changed in it.
    var sealed = FreshPart()
    /// What is packed.
    var frozen = FrozenBucket()

    /// What is known of a key, and whether by the fresh layer.
    @inline(__always)
    func find(_ key: UInt64) -> (entry: SeenEntry, isFresh: Bool) {
        let entry = fresh.entry(of: key)
        if entry.isKnown { return (entry, true) }
        if sealed.count > 0 {
            let entry = sealed.entry(of: key)
            if entry.isKnown { return (entry, false) }
        }
        return (frozen.entry(of: key), false)
    }

    /// Whether packing is worth its time: all of a bucket at first, later a sixteenth more than is packed.
    var deservesFreezing: Bool { fresh.count > (frozen.count == 0 ? 0 : max(256, frozen.count / 16)) }

    /// Closes the fresh layer, to be packed.
    mutating func seal() {
        precondition(sealed.count == 0, "a bucket is packed already")
        sealed = fresh
        fresh = FreshPart()
    }

    /// Visits every key in order, shifted up with its deleted mark in the lowest bit.
    func visitAll(_ visit: (UInt64) -> Void) {
        let upper = SortedMarks.merged(Self.marks(of: sealed), Self.marks(of: fresh))
        for mark in SortedMarks.merged(Array(frozen), upper) { visit(mark) }
    }

    private static func marks(of part: FreshPart) -> [UInt64] {
        (0..<part.tablesCount).flatMap { part.marks(ofTable: $0) }
    }
}

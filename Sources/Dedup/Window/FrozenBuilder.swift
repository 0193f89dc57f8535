/// Makes a frozen bucket in two passes over its keys: a survey in any order, then the keys in order.
struct FrozenBuilder: Sendable {
    private let bucket: UInt64
    private var words: [UInt64]
    // The survey.
    private var count = 0
    private var firstKey = UInt64.max
    private var lastKey: UInt64 = 0
    private var hasDeleted = false
    // The building.
    private var layout = FrozenLayout()
    private var rank = 0
    private var group: UInt64 = 0
    private var position = 0

    /// Below this the ranks of the fields cost more than they save.
    private static let fieldsMin = 4096

    /// A builder that knows nothing of its keys.
    init(bucket: UInt64) {
        self.bucket = bucket
        words = [UInt64](repeating: 0, count: SnowflakeFields.wordCount)
    }

    /// Memory in bytes.
    var bytes: Int { words.capacity * 8 + 32 }

    // MARK: The survey

    /// Takes in the keys of a table that `existing` does not know, and the marks of all.
    mutating func survey(_ table: FreshPart, _ index: Int, over existing: FrozenBucket) {
        let fields = SnowflakeFields(bucket: bucket)
        var known = 0
        var (first, last, deleted) = (firstKey, lastKey, UInt64(0))
        var words = self.words.mutableSpan
        table.visitAll(ofTable: index) { entry in
            let key = entry.key
            fields.note(key, in: &words)
            first = min(first, key)
            last = max(last, key)
            deleted |= entry.mark & 1
            if existing.count > 0, existing.entry(of: key).isKnown { known += 1 }
        }
        (firstKey, lastKey) = (first, last)
        hasDeleted = hasDeleted || deleted > 0
        count += table.count(ofTable: index) - known
    }

    /// Takes in sorted marks of distinct keys.
    mutating func survey(_ marks: [UInt64]) {
        guard let first = marks.first, let last = marks.last else { return }
        let fields = SnowflakeFields(bucket: bucket)
        var deleted: UInt64 = 0
        var words = self.words.mutableSpan
        for mark in marks {
            fields.note(mark >> 1, in: &words)
            deleted |= mark & 1
        }
        firstKey = min(firstKey, first >> 1)
        lastKey = max(lastKey, last >> 1)
        hasDeleted = hasDeleted || deleted > 0
        count += marks.count
    }

    /// Takes in all keys of a frozen bucket, those of which more is known now included.
    mutating func survey(_ existing: FrozenBucket) {
        guard existing.count > 0 else { return }
        if existing.noteFields(in: &words) {
            let ends = existing.ends
            firstKey = min(firstKey, ends.first)
            lastKey = max(lastKey, ends.last)
            hasDeleted = hasDeleted || existing.hasDeleted
            count += existing.count
        } else {
            survey(Array(existing))
        }
    }

    /// Ends the survey: from now on keys come in order.
    mutating func seal() {
        guard count > 0 else { return }
        let isNumbered = count >= Self.fieldsMin
        var fields = SnowflakeFields(bucket: bucket)
        var (first, last) = (firstKey, lastKey)
        if isNumbered {
            fields = SnowflakeFields(sealing: &words, bucket: bucket)
            guard let firstNumber = fields.number(of: first, in: words.span),
                let lastNumber = fields.number(of: last, in: words.span)
            else { preconditionFailure("a key of the survey has no number") }
            (first, last) = (firstNumber, lastNumber)
        }
        layout = FrozenLayout(
            count: count,
            first: first,
            last: last,
            fields: fields,
            isNumbered: isNumbered,
            hasDeleted: hasDeleted
        )
        var all = [UInt64](repeating: 0, count: layout.wordCount)
        if isNumbered {
            for index in words.indices { all[index] = words[index] }
        }
        words = all
    }

    // MARK: The building

    /// Adds sorted marks, all behind those that were added before.
    mutating func append(_ marks: some Sequence<UInt64>) {
        let layout = self.layout
        var (rank, group, position) = (self.rank, self.group, self.position)
        var words = self.words.mutableSpan
        for mark in marks {
            let key = mark >> 1
            let number = layout.isNumbered ? layout.fields.number(of: key, in: words.span) : key
            guard let value = number.map({ $0 &- layout.first }), rank < layout.count,
                value <= layout.last - layout.first
            else { preconditionFailure("key \(key) was not surveyed") }
            let target = value &>> layout.width
            while group < target {
                position &+= 1
                group &+= 1
                if group % UInt64(FrozenLayout.groupsAStart) == 0 {
                    let start = Int(truncatingIfNeeded: group) / FrozenLayout.groupsAStart
                    Self.setHalf(&words, layout.startsAt, start, position)
                }
            }
            words[layout.highsAt &+ position &>> 6] |= 1 &<< UInt64(truncatingIfNeeded: position & 63)
            if rank % FrozenLayout.onesASample == 0 {
                Self.setHalf(&words, layout.onesAt, rank / FrozenLayout.onesASample, position)
            }
            Self.setLow(&words, layout, rank, value & (1 &<< layout.width &- 1))
            if mark & 1 == 1 { words[layout.deletedAt + rank >> 6] |= 1 << UInt64(rank & 63) }
            position &+= 1
            rank &+= 1
        }
        (self.rank, self.group, self.position) = (rank, group, position)
    }

    /// The bucket, once every key that was surveyed was added.
    mutating func finish() -> FrozenBucket {
        guard count > 0 else { return FrozenBucket() }
        precondition(rank == count, "\(rank) keys of \(count)")
        let groups = Int((layout.last - layout.first) >> layout.width) + 1
        let (layout, group) = (layout, Int(group))
        // Behind the last group there is nothing; its start ends searches.
        var span = words.mutableSpan
        for start in group / FrozenLayout.groupsAStart + 1...groups / FrozenLayout.groupsAStart + 1 {
            Self.setHalf(&span, layout.startsAt, start, layout.count + groups)
        }
        return FrozenBucket(layout: layout, words: words)
    }

    @inline(__always)
    private static func setHalf(_ words: inout MutableSpan<UInt64>, _ base: Int, _ index: Int, _ number: Int) {
        words[base &+ index &>> 1] |= UInt64(truncatingIfNeeded: number) &<< (UInt64(index & 1) &* 32)
    }

    @inline(__always)
    private static func setLow(_ words: inout MutableSpan<UInt64>, _ layout: FrozenLayout, _ rank: Int, _ low: UInt64) {
        let bit = rank &* Int(truncatingIfNeeded: layout.width)
        let shift = UInt64(truncatingIfNeeded: bit & 63)
        let index = layout.lowsAt &+ bit &>> 6
        words[index] |= low &<< shift
        words[index &+ 1] |= (low &>> 1) &>> (63 &- shift)
    }
}

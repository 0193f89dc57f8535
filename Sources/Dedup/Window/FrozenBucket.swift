/// An old bucket: sorted IDs in Elias–Fano form, which is within half a bit an ID of the least that can be.
///
/// Each ID is numbered by ``SnowflakeFields`` (small buckets: by the key itself). The low bits are packed; the high
/// bits are a bitmap with a one for each ID and a zero at the end of each group of equal high bits. Where every 32nd
/// group begins is noted, so that a look-up touches three places; where every 2048th ID stands is noted too, so that
/// no crowd of IDs in one group makes a look-up long.
struct FrozenBucket: Sendable {
    private let layout: FrozenLayout
    private let words: [UInt64]

    /// A bucket without IDs.
    init() {
        layout = FrozenLayout()
        words = []
    }

    /// A bucket out of its parts.
    init(layout: FrozenLayout, words: [UInt64]) {
        precondition(words.count == layout.wordCount, "\(words.count) words for \(layout.wordCount)")
        self.layout = layout
        self.words = words
    }

    /// A bucket of sorted marks of distinct keys.
    init(bucket: UInt64, marks: [UInt64]) {
        var builder = FrozenBuilder(bucket: bucket)
        builder.survey(marks)
        builder.seal()
        builder.append(marks)
        self = builder.finish()
    }

    var count: Int { layout.count }

    /// Memory in bytes, the array's header included.
    var bytes: Int { words.capacity == 0 ? 0 : words.capacity * 8 + 32 }

    /// The least and the greatest key; 0 without IDs.
    var ends: (first: UInt64, last: UInt64) {
        guard layout.isNumbered else { return (layout.first, layout.last) }
        let decoder = layout.fields.decoder(words.span)
        return (decoder.key(of: layout.first), decoder.key(of: layout.last))
    }

    /// Whether any ID is deleted.
    var hasDeleted: Bool { layout.deletedAt < words.count }

    /// Takes over the values of the fields that occur, where they are known.
    ///
    /// - Returns: Whether they are.
    func noteFields(in noted: inout [UInt64]) -> Bool {
        guard layout.isNumbered else { return false }
        SnowflakeFields.note(sealed: words.span, in: &noted)
        return true
    }

    /// The entry of a key, unknown where there is none.
    @inline(__always)
    func entry(of key: UInt64) -> SeenEntry {
        guard layout.count > 0 else { return SeenEntry(word: 0) }
        return layout.entry(of: key, in: words.span)
    }

    /// All keys in order, each shifted up with its deleted mark in the lowest bit.
    func makeIterator() -> FrozenMarks { FrozenMarks(layout: layout, words: words) }

    /// How many words of the bitmap a look-up of a key reads: what its worst case is tested by.
    func wordsRead(for key: UInt64) -> Int {
        guard layout.count > 0 else { return 0 }
        var read = 0
        _ = layout.entry(of: key, in: words.span) { read += 1 }
        return read
    }
}

extension FrozenBucket: Sequence {}

/// Where the parts of a frozen bucket stand in its one array of words, and the numbers that its coding depends on.
struct FrozenLayout: Sendable {
    /// How many IDs there are.
    let count: Int
    /// How many low bits of a number are packed as they are.
    let width: UInt64
    /// The least and the greatest number.
    let first: UInt64
    let last: UInt64
    /// Whether IDs are numbered by the fields: not in small buckets, where their tables cost more than they save.
    let isNumbered: Bool
    /// The fields by which they are.
    let fields: SnowflakeFields

    /// Where every 32nd group begins in the bitmap, two a word.
    let startsAt: Int
    /// Where every 2048th one stands in the bitmap, two a word.
    let onesAt: Int
    /// The bitmap: a one for each ID, and a zero at the end of each group of equal high bits.
    let highsAt: Int
    /// The low bits.
    let lowsAt: Int
    /// A bit an ID; at the end of the words where no ID is deleted.
    let deletedAt: Int
    /// How many words all of it takes.
    let wordCount: Int

    static let groupsAStart = 32
    static let onesASample = 2048

    /// No IDs, and no words.
    init() {
        (count, width, first, last, isNumbered) = (0, 0, 0, 0, false)
        fields = SnowflakeFields(bucket: 0)
        (startsAt, onesAt, highsAt, lowsAt, deletedAt, wordCount) = (0, 0, 0, 0, 0, 0)
    }

    /// The parts for so many IDs with numbers between these.
    init(count: Int, first: UInt64, last: UInt64, fields: SnowflakeFields, isNumbered: Bool, hasDeleted: Bool) {
        precondition(count > 0 && count < Int(UInt32.max) / 4, "a bucket of \(count) IDs")
        self.count = count
        self.first = first
        self.last = last
        self.fields = fields
        self.isNumbered = isNumbered
        let share = (last - first) / UInt64(count)
        width = share < 2 ? 0 : UInt64(63 - share.leadingZeroBitCount)
        let groups = Int((last - first) >> width) + 1
        startsAt = isNumbered ? SnowflakeFields.wordCount : 0
        // One more of each than there are, which is where the last search ends.
        onesAt = startsAt + (groups / Self.groupsAStart + 2 + 1) / 2
        highsAt = onesAt + (count / Self.onesASample + 1 + 1) / 2
        lowsAt = highsAt + (count + groups + 63) / 64 + 1
        // Each number is read out of two words, also where it lies in the first alone.
        deletedAt = lowsAt + count * Int(width) / 64 + 2
        wordCount = deletedAt + (hasDeleted ? (count + 63) / 64 : 0)
    }
}

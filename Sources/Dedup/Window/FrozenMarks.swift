/// Reads the keys of a frozen bucket in order, each shifted up with its deleted mark in the lowest bit.
struct FrozenMarks: IteratorProtocol, Sendable {
    private let layout: FrozenLayout
    private let words: [UInt64]
    private let decoder: SnowflakeFields.Decoder?
    private var rank = 0
    private var group: UInt64 = 0
    private var position = 0

    init(layout: FrozenLayout, words: [UInt64]) {
        self.layout = layout
        self.words = words
        decoder = layout.isNumbered ? layout.fields.decoder(words.span) : nil
    }

    mutating func next() -> UInt64? {
        guard rank < layout.count else { return nil }
        while words[layout.highsAt + position >> 6] >> UInt64(position & 63) & 1 == 0 {
            group += 1
            position += 1
        }
        let number = layout.first + (group << layout.width | layout.low(rank, words.span))
        let key = decoder?.key(of: number) ?? number
        let mark = key << 1 | (layout.isDeleted(rank, words.span) ? 1 : 0)
        rank += 1
        position += 1
        return mark
    }
}

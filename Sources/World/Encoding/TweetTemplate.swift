/// A Tweet's bytes with places for what differs from Tweet to Tweet: encoding one is copying, no JSON is built.
public struct TweetTemplate: Sendable {
    /// A stretch of a template.
    public enum Piece: Sendable, Hashable {
        /// Bytes of ``TweetTemplate/constants``, the same in every Tweet.
        case constant(Range<Int>)
        /// Filled in for each Tweet.
        case slot(TemplateSlot)
    }

    /// The pieces in order; the last ends with the line's end.
    public let pieces: [Piece]
    /// The bytes of all constant pieces.
    public let constants: [UInt8]

    /// The size of an encoded Tweet of it in bytes, but for a history of more than one version.
    public let byteCount: Int

    /// Cuts a text at its marks and adds the line's end.
    ///
    /// - Parameter text: One JSON object in which each slot is its mark.
    init(text: some Sequence<UInt8>) {
        var pieces: [Piece] = []
        var constants: [UInt8] = []
        var start = 0
        let bytes = Array(text) + [0x0D, 0x0A]
        var index = 0
        while index < bytes.count {
            // U+E000 … U+E03F are EE 80 80 … EE 80 BF in UTF-8.
            if bytes[index] == 0xEE, index + 2 < bytes.count, bytes[index + 1] == 0x80,
                let slot = TemplateSlot(rawValue: 0xE000 + UInt32(bytes[index + 2] & 0x3F))
            {
                if start < constants.count { pieces.append(.constant(start..<constants.count)) }
                pieces.append(.slot(slot))
                start = constants.count
                index += 3
            } else {
                constants.append(bytes[index])
                index += 1
            }
        }
        pieces.append(.constant(start..<constants.count))
        self.pieces = pieces
        self.constants = constants
        byteCount = pieces.reduce(0) { sum, piece in
            switch piece {
            case .constant(let range): sum + range.count
            case .slot(.id), .slot(.firstVersion): sum + 19
            case .slot(.history): sum + 21
            case .slot(.nativeTime): sum + 30
            case .slot(.isoTime): sum + 24
            case .slot(.milliseconds): sum + 13
            }
        }
    }
}

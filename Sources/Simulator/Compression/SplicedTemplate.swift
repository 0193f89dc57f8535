import CZlib
import World

/// A template whose constant parts are deflated once, so that a Tweet is joined from finished blocks.
///
/// Every long constant becomes deflate blocks without history that end at a byte boundary; what lies between them (slots
/// and short constants) is written as a stored block. The check sum of a long constant is combined, not computed.
struct SplicedTemplate: Sendable {
    enum Part: Sendable {
        /// Finished deflate blocks.
        case blocks(Blocks)
        /// Pieces that go into one stored block.
        case stored([TweetTemplate.Piece])
    }

    struct Blocks: Sendable {
        /// Where they lie in `SplicedTemplate.deflated`.
        var range: Range<Int>
        /// How many plain bytes they hold.
        var byteCount: Int
        var checksum: UInt
        /// For `crc32_combine_op`, made for the count of plain bytes.
        var combination: UInt
    }

    /// Constants shorter than this are not worth a block of their own.
    private static let blockBytesMin = 160

    let template: TweetTemplate
    let parts: [Part]
    let deflated: [UInt8]

    init(_ template: TweetTemplate) {
        self.template = template
        var parts: [Part] = []
        var deflated: [UInt8] = []
        var stored: [TweetTemplate.Piece] = []
        for piece in template.pieces {
            if case .constant(let range) = piece, range.count >= Self.blockBytesMin {
                if !stored.isEmpty { parts.append(.stored(stored)) }
                stored = []
                let start = deflated.count
                let plain = Array(template.constants[range])
                deflated += Deflater.blocks(of: plain)
                parts.append(
                    .blocks(
                        Blocks(
                            range: start..<deflated.count,
                            byteCount: plain.count,
                            checksum: crc32(0, plain, UInt32(plain.count)),
                            combination: crc32_combine_gen(plain.count)
                        )
                    )
                )
            } else {
                stored.append(piece)
            }
        }
        if !stored.isEmpty { parts.append(.stored(stored)) }
        self.parts = parts
        self.deflated = deflated
    }
}

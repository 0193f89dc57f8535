import Ingest
import Tweets

/// A Tweet's payload, cut where it names its own ID and where other numbers stand.
///
/// Both differ from Tweet to Tweet. Without that, a file of one account's Tweets would compress as no stream does: what
/// an answer of many accounts repeats is its field names, not its numbers.
struct Payload: Sendable {
    private enum Piece {
        case constant([UInt8])
        case id
        /// So many digits, the first not 0.
        case digits(Int)
    }

    /// Shorter numbers stay as they are.
    private static let digitsMin = 4

    private let pieces: [Piece]

    /// Cuts a line; nil where it is no Tweet.
    init?(_ line: [UInt8]) {
        guard case .tweet(let id) = line.withUnsafeBytes({ TweetIDScanner().classify($0) }) else { return nil }
        let own = Array(String(id.rawValue).utf8)
        var pieces: [Piece] = []
        var constant: [UInt8] = []
        var position = 0
        while position < line.count {
            let digits = Array(line[position...].prefix { (0x30...0x39).contains($0) })
            if digits.count >= Self.digitsMin, digits[0] != 0x30 {
                pieces.append(.constant(constant))
                pieces.append(digits == own ? .id : .digits(digits.count))
                constant = []
            } else {
                constant.append(contentsOf: digits)
            }
            position += digits.count
            if digits.isEmpty {
                constant.append(line[position])
                position += 1
            }
        }
        self.pieces = pieces + [.constant(constant)]
    }

    /// Appends the line of Tweet `number`.
    func append(_ number: Int, id: UnsafeRawBufferPointer, to output: inout [UInt8]) {
        var random = UInt64(number) &* 0x9E37_79B9_7F4A_7C15 | 1
        for piece in pieces {
            switch piece {
            case .constant(let bytes): output.append(contentsOf: bytes)
            case .id: output.append(contentsOf: id)
            case .digits(let count):
                for place in 0..<count {
                    // xorshift64: cheap, and as hard to compress as it need be.
                    random ^= random << 13
                    random ^= random >> 7
                    random ^= random << 17
                    let digit = UInt8(truncatingIfNeeded: (random >> 32) % 9)
                    output.append(0x30 + digit + (place == 0 ? 1 : 0))
                }
            }
        }
    }
}

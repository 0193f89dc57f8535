import StreamClient
import Testing

/// What an inflater made of pieces.
private func inflate(_ pieces: [[UInt8]]) throws -> (plain: [UInt8], isTruncated: Bool) {
    var inflater = Inflater()
    var plain: [UInt8] = []
    for piece in pieces {
        let wantsMore = try piece.withUnsafeBytes { bytes in
            try inflater.inflate(bytes) { output in
                plain += Array(output)
                return true
            }
        }
        #expect(wantsMore)
    }
    return (plain, inflater.isTruncated)
}

@Suite("Inflating a gzip stream")
struct InflaterTests {
    private let first = Array("{\"id\":1}\r\n\r\n".utf8)
    private let second = Array("{\"id\":2,\"text\":\"\u{1F600}\"}\r\n".utf8)

    @Test("members may follow each other, cut anywhere")
    func members() throws {
        let stream = Gzip.member([first]) + Gzip.member([second, first]) + Gzip.member([[]])
        for cut in 0...stream.count {
            let result = try inflate([Array(stream[..<cut]), Array(stream[cut...])])
            #expect(result.plain == first + second + first)
            #expect(!result.isTruncated)
        }
        #expect(try inflate(stream.map { [$0] }).plain == first + second + first)
    }

    @Test("each flush hands out all that was compressed before it")
    func flushes() throws {
        let pieces = Gzip.flushed([first, second, first])
        var inflater = Inflater()
        var plain: [UInt8] = []
        var expected: [UInt8] = []
        for (piece, original) in zip(pieces, [first, second, first]) {
            _ = try piece.withUnsafeBytes { bytes in
                try inflater.inflate(bytes) {
                    plain += Array($0)
                    return true
                }
            }
            expected += original
            #expect(plain == expected)
        }
    }

    @Test("a stream that ends inside a member is told apart, at every offset, and gives only a beginning")
    func truncation() throws {
        let original = first + second
        let stream = Gzip.member([first, second])
        for end in 1..<stream.count {
            let result = try inflate([Array(stream[..<end])])
            #expect(result.isTruncated)
            #expect(original.starts(with: result.plain))
        }
        #expect(try !inflate([stream]).isTruncated)
        #expect(try !inflate([]).isTruncated)
    }

    @Test("output far larger than the input comes in bounded pieces")
    func expansion() throws {
        let zeros = [UInt8](repeating: 0x61, count: Inflater.outputBytes * 3 + 17)
        var inflater = Inflater()
        var sizes: [Int] = []
        _ = try Gzip.member([zeros]).withUnsafeBytes { bytes in
            try inflater.inflate(bytes) {
                sizes.append($0.count)
                return true
            }
        }
        #expect(sizes.reduce(0, +) == zeros.count)
        #expect((sizes.max() ?? 0) <= Inflater.outputBytes)
    }

    @Test("damage is an error, whether at the start, inside, or between members")
    func damage() {
        let good = Gzip.member([first])
        var inside = Gzip.member([[UInt8](repeating: 0x61, count: 2000)])
        for index in 12..<20 { inside[index] ^= 0xFF }
        for stream in [Array("plain text".utf8), good + Array("junk".utf8), inside] {
            #expect(throws: InflateError.self) { _ = try inflate([stream]) }
        }
    }
}

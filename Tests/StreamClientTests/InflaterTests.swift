import CZlib
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

    @Test("a header's optional parts are skipped, cut anywhere, and its own checksum is checked")
    func headers() throws {
        let bare = Gzip.member([first])
        let name = Array("a\u{FF}b".utf8) + [0]
        for flags in UInt8(0)..<32 {
            var header = Array(bare[..<10])
            header[3] = flags
            if flags & 4 != 0 { header += [3, 0, 0, 1, 2] }
            if flags & 8 != 0 { header += name }
            if flags & 16 != 0 { header += name }
            let checksum = UInt16(
                truncatingIfNeeded: header.withUnsafeBufferPointer { crc32_z(0, $0.baseAddress, $0.count) }
            )
            if flags & 2 != 0 { header += [UInt8(checksum & 0xFF), UInt8(checksum >> 8)] }
            let stream = header + Array(bare[10...]) + bare
            #expect(try inflate(stream.map { [$0] }).plain == first + first)
            for cut in 0...header.count {
                #expect(try inflate([Array(stream[..<cut]), Array(stream[cut...])]).plain == first + first)
            }
            guard flags & 2 != 0 else { continue }
            var damaged = stream
            damaged[header.count - 1] ^= 1
            #expect(throws: InflateError.damaged("header crc mismatch")) { _ = try inflate([damaged]) }
        }
    }

    @Test("every single damaged bit of header and trailer is found, or means nothing")
    func damagedBits() throws {
        let stream = Gzip.member([first])
        // Time, hints and system say nothing that is needed; the flag for text neither.
        let free = Set((4..<10).map { $0 * 8 } + [3 * 8])
        for place in Array(0..<10) + Array(stream.count - 8..<stream.count) {
            for bit in 0..<8 {
                var damaged = stream
                damaged[place] ^= 1 << UInt8(bit)
                let result = Result { try inflate([damaged]) }
                switch result {
                case .success(let outcome):
                    #expect(
                        free.contains(place * 8) && (place != 3 || bit == 0) || outcome.isTruncated
                            || outcome.plain != first
                    )
                case .failure: #expect(place < 4 || place >= 10)
                }
            }
        }
        var longer = stream
        longer[stream.count - 1] ^= 1
        #expect(throws: InflateError.damaged("incorrect length check")) { _ = try inflate([longer]) }
        longer[stream.count - 8] ^= 1
        #expect(throws: InflateError.damaged("incorrect data check")) { _ = try inflate([longer]) }
    }

    @Test("the checksum is zlib's, for every length, start and place")
    func checksum() {
        var state: UInt32 = 1
        let bytes = (0..<1200).map { _ in
            state = state &* 1_664_525 &+ 1_013_904_223
            return UInt8(truncatingIfNeeded: state >> 24)
        }
        bytes.withUnsafeBufferPointer { all in
            guard let base = all.baseAddress else { return }
            for count in 0..<1100 {
                for place in [0, 1, 7, 15, 16, 63] {
                    let start = UInt32(truncatingIfNeeded: count &* 0x9E37_79B9)
                    let expected = UInt32(crc32_z(UInt(start), base + place, count))
                    #expect(decahose_crc32(start, base + place, count) == expected, "\(count) bytes from \(place)")
                }
            }
        }
    }

    @Test("it hands out in the caller's memory, however little of it there is")
    func room() throws {
        let plain = (0..<5000).map { UInt8(truncatingIfNeeded: $0 &* $0 >> 3) }
        let stream = Gzip.member([plain]) + Gzip.member([first])
        for size in [1, 7, 4096] {
            var inflater = Inflater()
            let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: size, alignment: 1)
            defer { memory.deallocate() }
            var out: [UInt8] = []
            for piece in stream.indices.map({ stream[$0...$0] }) {
                let wantsMore = try piece.withUnsafeBytes { bytes in
                    try inflater.inflate(bytes, into: { memory }) {
                        #expect($0.baseAddress == UnsafeRawPointer(memory.baseAddress))
                        out += Array($0)
                        return true
                    }
                }
                #expect(wantsMore)
            }
            #expect(out == plain + first)
            let isTruncated = inflater.isTruncated
            #expect(!isTruncated)
        }
    }
}

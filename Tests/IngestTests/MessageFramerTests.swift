import Ingest
import Testing

/// What a framer made of a stream.
private struct Framed: Equatable {
    var lines: [String] = []
    var kinds: [MessageFramer.LineKind] = []
    var tail = 0

    /// Frames `stream` in the given pieces.
    init(_ stream: [UInt8], cutAt cuts: [Int], lineBytesMax: Int = 100, memoryBytesMax: Int = 1000) {
        var framer = MessageFramer(lineBytesMax: lineBytesMax, memoryBytesMax: memoryBytesMax)
        var start = 0
        var lines: [String] = []
        var kinds: [MessageFramer.LineKind] = []
        for cut in cuts + [stream.count] {
            withBytes(Array(stream[start..<cut])) { piece in
                framer.consume(piece) { line, kind in
                    lines.append(String(decoding: line, as: UTF8.self))
                    kinds.append(kind)
                }
            }
            start = cut
        }
        self.lines = lines
        self.kinds = kinds
        tail = framer.endOfStream()
    }
}

/// Frames the stream whole, cut at every offset, and byte by byte, and expects the same each time.
private func verify(
    _ stream: String,
    lineBytesMax: Int = 100,
    memoryBytesMax: Int = 1000,
    sourceLocation: SourceLocation = #_sourceLocation
) -> Framed {
    let bytes = Array(stream.utf8)
    func framed(_ cuts: [Int]) -> Framed {
        Framed(bytes, cutAt: cuts, lineBytesMax: lineBytesMax, memoryBytesMax: memoryBytesMax)
    }
    let whole = framed([])
    for cut in 0...bytes.count where framed([cut]) != whole {
        Issue.record("cut at \(cut): \(framed([cut])) instead of \(whole)", sourceLocation: sourceLocation)
    }
    #expect(framed(Array(0..<bytes.count)) == whole, sourceLocation: sourceLocation)
    return whole
}

@Suite("Framing a byte stream into lines")
struct MessageFramerTests {
    @Test("a line is what a line break ended, with or without a carriage return")
    func lines() {
        let framed = verify("{\"id\":1}\r\n{\"id\":2}\n\r\n{\"text\":\"\u{1F600}\"}\r\n")
        #expect(framed.lines == ["{\"id\":1}", "{\"id\":2}", "", "{\"text\":\"\u{1F600}\"}"])
        #expect(framed.kinds == [.line, .line, .heartbeat, .line])
        #expect(framed.tail == 0)
    }

    @Test("what no line break ended is a tail and never a line")
    func tail() {
        let framed = verify("{\"id\":1}\r\n{\"id\":2}")
        #expect(framed.lines == ["{\"id\":1}"])
        #expect(framed.tail == 8)
    }

    @Test("empty lines are heartbeats, however they end")
    func heartbeats() {
        #expect(verify("\r\n\n\r\n").kinds == [.heartbeat, .heartbeat, .heartbeat])
    }

    @Test("only the carriage return before the line break belongs to it")
    func carriageReturns() {
        #expect(verify("a\rb\r\r\n").lines == ["a\rb\r"])
    }

    @Test("a long line is lent whole and marked, from one byte above the limit")
    func oversize() {
        let framed = verify("12345678\r\n123456789\r\nx\r\n", lineBytesMax: 8)
        #expect(framed.lines == ["12345678", "123456789", "x"])
        #expect(framed.kinds == [.line, .oversize, .line])
    }

    @Test("a line beyond the memory limit is lent as its beginning with its length, and the stream goes on")
    func overflow() {
        let framed = verify("12345678\r\n123456789\r\n1234567890123\nx\r\n", lineBytesMax: 4, memoryBytesMax: 8)
        #expect(framed.lines == ["12345678", "12345678", "12345678", "x"])
        #expect(framed.kinds == [.oversize, .overflow(totalBytes: 9), .overflow(totalBytes: 13), .line])
    }

    @Test("the tail of a line beyond the memory limit is counted whole")
    func overflowTail() {
        #expect(verify("1234567890123", memoryBytesMax: 8).tail == 13)
    }

    @Test("the tail of one stream is no beginning of the next", arguments: ["{\"id\":1", "1234567890123"])
    func nextStream(tail: String) {
        var framer = MessageFramer(lineBytesMax: 100, memoryBytesMax: 8)
        var lines: [String] = []
        for text in [tail, "}\r\n"] {
            Array(text.utf8).withUnsafeBytes { bytes in
                framer.consume(bytes) { line, _ in lines.append(String(decoding: line, as: UTF8.self)) }
            }
            if text == tail { #expect(framer.endOfStream() == tail.utf8.count) }
        }
        #expect(lines == ["}"])
        #expect(framer.pendingBytes == 0)
    }

    @Test("random streams in random pieces give the lines that splitting the whole gives")
    func random() {
        var generator = SplitMix64.forTest("MessageFramerTests.random")
        for _ in 0..<200 {
            let alphabet: [UInt8] = [0x0A, 0x0D, 0x61, 0x62, 0x63, 0x7B, 0xE2]
            let stream = (0..<Int.random(in: 0...300, using: &generator)).map { _ in
                Int.random(in: 0..<10, using: &generator) == 0
                    ? 0x0A : alphabet[Int.random(in: 1..<alphabet.count, using: &generator)]
            }
            let cuts = (0..<Int.random(in: 0...9, using: &generator))
                .map { _ in Int.random(in: 0...stream.count, using: &generator) }.sorted()
            let framed = Framed(stream, cutAt: cuts)
            var expected = stream.split(separator: 0x0A, omittingEmptySubsequences: false).map { line in
                String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
            }
            expected.removeLast()
            #expect(framed.lines == expected)
        }
    }
}

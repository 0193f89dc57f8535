import Ingest
import StreamClient
import Testing
import Tweets

/// What comes out of inflating, framing and scanning together.
private struct Received: Equatable {
    enum Item: Equatable {
        case heartbeat
        case message(StreamMessage, [UInt8])
        case oversize(Int)
    }

    var items: [Item] = []
    var tail = 0

    /// Reads the pieces of a stream as a bridge does.
    init(_ pieces: [ArraySlice<UInt8>]) throws {
        var items: [Item] = []
        let scanner = TweetIDScanner()
        var inflater = Inflater()
        var framer = MessageFramer(lineBytesMax: 400)
        for piece in pieces {
            _ = try piece.withUnsafeBytes { bytes in
                try inflater.inflate(bytes) { plain in
                    framer.consume(plain) { line, kind in
                        switch kind {
                        case .heartbeat: items.append(.heartbeat)
                        case .line: items.append(.message(scanner.classify(line), Array(line)))
                        case .oversize, .overflow: items.append(.oversize(line.count))
                        }
                    }
                    return true
                }
            }
        }
        self.items = items
        tail = framer.endOfStream()
    }
}

/// A stream as a server sends it: members that end inside lines, flushes inside `\r\n`, characters and escapes.
private enum RecordedStream {
    static let lines: [String] = [
        #"{"user":{"id_str":"2","name":"é\"😀"},"id":887453193294282752,"id_str":"887453193294282752"}"#,
        "",
        #"{"verb":"post","object":{"id":"x"},"id":"tag:search.twitter.com,2005:77","body":"\\\u00e9 日本"}"#,
        #"{"data":{"text":"😀😀","id":"900"},"includes":{}}"#,
        "",
        "",
        #"{"delete":{"status":{"id":1234,"id_str":"1234"}}}"#,
        "no JSON, é",
        #"{"info":{"message":"Replay Request Completed"}}"#,
        #"{"text":""# + String(repeating: "long ", count: 90) + #"","id_str":"6","id":6}"#,
        #"{"id_str":"7","id":7}"#,
    ]

    static let plain = Array(lines.map { $0 + "\r\n" }.joined().utf8)

    static let expected: [Received.Item] = lines.map { line in
        let messages: [Int: StreamMessage] = [
            0: tweet(887_453_193_294_282_752), 2: tweet(77), 3: tweet(900),
            6: TweetID(1234).map(StreamMessage.delete) ?? .unknown(.badID), 7: .unknown(.malformed),
            8: .notice(.info), 10: tweet(7),
        ]
        guard !line.isEmpty else { return .heartbeat }
        guard let number = lines.firstIndex(of: line), let message = messages[number] else {
            return .oversize(line.utf8.count)
        }
        return .message(message, Array(line.utf8))
    }

    /// Members of about 200 bytes, each flushed every 17.
    static let gzip = cut(plain, 199).flatMap { Gzip.member(cut($0, 17)) }

    private static func tweet(_ id: UInt64) -> StreamMessage {
        TweetID(id).map(StreamMessage.tweet) ?? .unknown(.badID)
    }

    private static func cut(_ bytes: [UInt8], _ count: Int) -> [[UInt8]] {
        stride(from: 0, to: bytes.count, by: count).map { Array(bytes[$0..<min($0 + count, bytes.count)]) }
    }
}

@Suite("Inflating, framing and scanning together")
struct WholePathTests {
    private let stream = RecordedStream.gzip

    @Test("a stream cut in two at any byte gives the same messages")
    func everyCut() throws {
        for cut in 0...stream.count {
            let received = try Received([stream[..<cut], stream[cut...]])
            #expect(received.items == RecordedStream.expected, "cut at \(cut)")
            #expect(received.tail == 0)
        }
    }

    @Test("a stream that comes byte by byte gives the same messages")
    func byteByByte() throws {
        let received = try Received(stream.indices.map { stream[$0...$0] })
        #expect(received.items == RecordedStream.expected)
    }

    @Test("a stream that ends at any byte gives whole messages from its beginning and never half of one")
    func truncated() throws {
        var counts: Set<Int> = []
        for end in 0..<stream.count {
            let received = try Received([stream[..<end]])
            #expect(RecordedStream.expected.starts(with: received.items), "ends at \(end)")
            counts.insert(received.items.count)
        }
        #expect(counts.count > RecordedStream.expected.count / 2)
    }
}

import Ingest
import Testing
import Tweets

private func tweet(_ id: UInt64) -> StreamMessage { TweetID(id).map(StreamMessage.tweet) ?? .unknown(.badID) }

/// A native Tweet with a text, whose bytes may be anything.
private func line(text: [UInt8]) -> [UInt8] {
    Array(#"{"id_str":"5","text":""#.utf8) + text + Array(#"","id":5}"#.utf8)
}

@Suite("Lines that nobody should send")
struct HostileLineTests {
    @Test(
        "an ID that is none is refused, wherever an ID must stand",
        arguments: [
            "", "0", "-5", "-0", "+5", "007", "5 ", " 5", "5.0", "5e3", "0x5", "٥", "9223372036854775808",
            "18446744073709551615", "18446744073709551616", "18446744073709551621", "12345678901234567890123",
            "99999999999999999999999999", #"5\u0000"#, #"\u0000"#, #"\ud800"#, #"5\udc00"#, "5\\\"", "id:5",
        ]
    )
    func ids(text: String) {
        let lines = [
            #"{"id_str":"\#(text)","id":5}"#,
            #"{"id":5,"user":{"id_str":"6","id":6},"id_str":"\#(text)"}"#,
            #"{"id":"tag:search.twitter.com,2005:\#(text)","verb":"post"}"#,
            #"{"data":{"id":"\#(text)"}}"#,
            #"{"delete":{"status":{"id_str":"\#(text)","id":5}}}"#,
            #"{"verb":"delete","object":{"id":"tag:search.twitter.com,2005:\#(text)"}}"#,
            #"{"data":{"delete":{"tweet":{"id":"\#(text)"}}}}"#,
        ]
        for line in lines { #expect(classify(line) == .unknown(.badID), "\(line)") }
    }

    @Test("an ID at the ends of the range is read", arguments: [1, UInt64(Int64.max)])
    func range(id: UInt64) {
        #expect(classify(#"{"id_str":"\#(id)","id":\#(id)}"#) == tweet(id))
    }

    @Test("an ID of another type is refused", arguments: ["5", "null", "true", "[]", "[5]", "{}", #"{"id_str":"5"}"#])
    func types(value: String) {
        #expect(classify(#"{"id_str":\#(value),"id":5}"#) == .unknown(.badID))
        #expect(classify(#"{"data":{"id":\#(value)}}"#) == .unknown(.badID))
        #expect(classify(#"{"delete":{"status":{"id_str":\#(value)}}}"#) == .unknown(.badID))
        #expect(classify(#"{"id":\#(value),"verb":"post"}"#) == .unknown(.badID))
    }

    @Test(
        "a deciding field that stands there twice is refused, alike or not, plain or escaped",
        arguments: [
            #"{"id_str":"5","id_str":"5"}"#, #"{"id_str":"5","id":5,"id":6}"#,
            #"{"i\u0064_str":"5","id_str":"6"}"#, #"{"data":{"id":"5","id":"6"}}"#,
            #"{"delete":{"status":{"id_str":"5"},"status":{"id_str":"6"}}}"#,
            #"{"delete":{"status":{"id_str":"5","id_str":"6"}}}"#, #"{"verb":"post","verb":"delete"}"#,
            #"{"verb":"delete","object":{"id":"tag:search.twitter.com,2005:5"},"object":{}}"#,
        ]
    )
    func duplicates(line: String) {
        #expect(classify(line) == .unknown(.duplicateKey))
    }

    @Test("half a surrogate pair is left in a text, and is part of no name and no ID")
    func surrogates() {
        for half in [#"\ud83d"#, #"\ude00"#, #"\ud83d\ud83d"#, #"\ude00\ud83d"#] {
            #expect(classify(line(text: Array(half.utf8))) == tweet(5))
            #expect(classify(#"{"\#(half)":1,"id_str":"5"}"#) == tweet(5))
            #expect(classify(#"{"id_str\#(half)":"5"}"#) == .unknown(.unknownShape))
            #expect(
                classify(#"{"verb":"post\#(half)","id":"tag:search.twitter.com,2005:5"}"#) == .unknown(.unknownShape)
            )
        }
    }

    @Test(
        "an escape that JSON does not know is refused at the level that is walked, wherever the blocks fall",
        arguments: [#"\x"#, #"\'"#, #"\0"#, #"\u12"#, #"\u12g4"#, #"\u+123"#, #"\U0041"#, #"\a"#, #"\\\q"#]
    )
    func escapes(escape: String) {
        for padding in 0..<66 {
            let pad = [UInt8](repeating: 0x78, count: padding)
            #expect(classify(line(text: pad + Array(escape.utf8))) == .unknown(.malformed))
            #expect(classify(#"{"\#(escape)":1,"id_str":"5","id":5}"#) == .unknown(.malformed))
        }
    }

    @Test("NUL is refused raw, in and beside strings, and is text where it is escaped")
    func nul() {
        #expect(classify(line(text: [0x61, 0, 0x62])) == .unknown(.controlCharacter))
        #expect(classify([0]) == .unknown(.controlCharacter))
        #expect(classify(Array(#"{"id_str":"5"}"#.utf8) + [0]) == .unknown(.controlCharacter))
        #expect(classify(Array(#"{"id_str":"5","x":{"#.utf8) + [0] + Array("}}".utf8)) == .unknown(.controlCharacter))
        #expect(classify(line(text: Array(#"a\u0000b"#.utf8))) == tweet(5))
        #expect(classify(#"{"id_str\u0000":"6","\u0000id_str":"7","id_str":"5"}"#) == tweet(5))
    }

    @Test("every control character but white space between values is refused", arguments: UInt8(0)..<0x20)
    func controls(byte: UInt8) {
        #expect(classify(line(text: [byte])) == .unknown(.controlCharacter))
        let between = Array(#"{"id_str":"5","#.utf8) + [byte] + Array(#""id":5}"#.utf8)
        let isSpace = [0x09, 0x0A, 0x0D].contains(byte)
        #expect(classify(between) == (isSpace ? tweet(5) : .unknown(.controlCharacter)))
    }

    @Test(
        "a line of any length that is no object is refused for what it is, and ends nothing",
        arguments: [1, 63, 64, 65, 1000, 1023, 1024, 1025, 2048, 5000, 70_000]
    )
    func noObject(count: Int) {
        let elements = String(repeating: #"{"a":"]}["},"#, count: count)
        #expect(classify("[\(elements)1]") == .unknown(.notAnObject))
        #expect(classify("[\(elements)") == .unknown(.malformed))
        #expect(classify("[\(elements)1}") == .unknown(.malformed))
        #expect(classify("\"\(String(repeating: "x]", count: count))\"") == .unknown(.notAnObject))
        #expect(classify("[{\"id_str\":\"" + String(repeating: ",", count: count)) == .unknown(.malformed))
        #expect(classify(String(repeating: "]", count: count)) == .unknown(.malformed))
        #expect(classify("[" + String(repeating: " ", count: count) + "]}") == .unknown(.malformed))
    }

    @Test("a byte order mark, trailing garbage and a second object are refused")
    func garbage() {
        let good = Array(#"{"id_str":"5","id":5}"#.utf8)
        #expect(classify([0xEF, 0xBB, 0xBF] + good) == .unknown(.malformed))
        for tail in [",", "}", "]", "x", "\"", "{}", "5", "null", "\\", "//", "é"] {
            #expect(classify(good + Array(tail.utf8)) == .unknown(.malformed), "\(tail)")
            #expect(classify(good + Array(" \(tail)".utf8)) == .unknown(.malformed), "\(tail)")
        }
        #expect(classify(good + good) == .unknown(.malformed))
    }

    @Test("numbers of any size are passed over, and what is no number is refused")
    func numbers() {
        let long = String(repeating: "9", count: 100_000)
        for number in ["1e999999999", "-1E-999999999", long, "0.\(long)", "-0", "123456789012345678901234567890"] {
            #expect(classify(#"{"n":\#(number),"id_str":"5","id":5}"#) == tweet(5))
            #expect(classify(#"{"id":\#(number),"id_str":"5"}"#) == tweet(5))
        }
        for number in ["01", "-", "+1", ".5", "5.", "1e", "1e+", "0x1", "1_000", "NaN", "Infinity", "--1", "1.2.3"] {
            #expect(classify(#"{"n":\#(number),"id_str":"5","id":5}"#) == .unknown(.malformed), "\(number)")
        }
    }

    @Test("10 MB in a line are read to the end, and a defect in the last byte is seen")
    func long() {
        let text = [UInt8](repeating: 0x61, count: 10_000_000)
        let good = Array(#"{"text":""#.utf8) + text + Array(#"","id":5,"id_str":"5"}"#.utf8)
        #expect(classify(good) == tweet(5))
        #expect(classify(Array(good.dropLast())) == .unknown(.malformed))
        #expect(classify(good.dropLast() + [0xFF]) == .unknown(.invalidUTF8))
    }

    @Test("nesting of 100,000 is refused by its depth, whatever it is made of and wherever it stands")
    func nesting() {
        let depth = 100_000
        for (open, close) in [("[", "]"), (#"{"a":"#, "}"), (#"{"data":"#, "}"), (#"[{"object":"#, "}]")] {
            let nested = String(repeating: open, count: depth) + "1" + String(repeating: close, count: depth)
            #expect(classify(#"{"x":\#(nested),"id_str":"5","id":5}"#) == .unknown(.tooDeep))
            #expect(classify(#"{"data":\#(nested)}"#) == .unknown(.tooDeep))
            #expect(classify(#"{"x":\#(String(repeating: open, count: depth))"#) == .unknown(.tooDeep))
        }
        #expect(classify(String(repeating: "[", count: depth)) == .unknown(.tooDeep))
        #expect(classify(#"{"x":"# + String(repeating: "]", count: depth)) == .unknown(.malformed))
    }

    @Test("any line cut short, at every byte, is refused, and the beginning gives no other ID")
    func prefixes() {
        let scanner = TweetIDScanner()
        let whole = Array(#"{"user":{"id_str":"2","t":"\"é😀"},"id":51,"id_str":"51","text":"\u00e9}","x":[{}]}"#.utf8)
        for end in 0..<whole.count {
            let prefix = Array(whole[..<end])
            guard case .unknown = classify(prefix) else {
                Issue.record("\(classify(prefix)) from \(end) bytes")
                continue
            }
            let id = withBytes(prefix) { scanner.identify(prefix: $0) }
            #expect(id == nil || id == TweetID(51), "\(end) bytes")
        }
    }
}

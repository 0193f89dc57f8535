import Ingest
import Testing
import Tweets

private func tweet(_ id: UInt64) -> StreamMessage {
    TweetID(id).map(StreamMessage.tweet) ?? .unknown(.badID)
}

private func delete(_ id: UInt64) -> StreamMessage {
    TweetID(id).map(StreamMessage.delete) ?? .unknown(.badID)
}

@Suite("What a line of the stream is")
struct TweetIDScannerTests {
    @Test(
        "every shape of the upstream's contract has its meaning",
        arguments: [
            (#"{"id_str":"887453193294282752","id":887453193294282752}"#, tweet(887_453_193_294_282_752)),
            (
                #"{"user":{"id_str":"2","id":2},"id":887453193294282700,"id_str":"887453193294282752"}"#,
                tweet(887_453_193_294_282_752)
            ),
            (#"{"retweeted_status":{"id_str":"3"},"quoted_status":{"id_str":"4"},"id_str":"5","id":5}"#, tweet(5)),
            (#" { "id" : 12 , "id_str" : "12" } "#, tweet(12)),
            (
                #"{"id":"tag:search.twitter.com,2005:77","verb":"post","object":{"id":"object:search.twitter.com,2005:1"}}"#,
                tweet(77)
            ),
            (
                #"{"object":{"id":"tag:search.twitter.com,2005:3"},"actor":{"id":"id:twitter.com:9"},"verb":"share","id":"tag:search.twitter.com,2005:78"}"#,
                tweet(78)
            ),
            (#"{"includes":{"tweets":[{"id":"1"}]},"matching_rules":[],"data":{"text":"x","id":"900"}}"#, tweet(900)),
            (
                #"{"data":{"id":"901","withheld":{"copyright":false,"country_codes":["DE"]}},"errors":[{"title":"Not Found"}]}"#,
                tweet(901)
            ),
            (
                #"{"delete":{"status":{"id":1234,"id_str":"1234","user_id":3,"user_id_str":"3"},"timestamp_ms":"1"}}"#,
                delete(1234)
            ),
            (#"{"verb":"delete","object":{"id":"tag:search.twitter.com,2005:55"}}"#, delete(55)),
            (#"{"verb":"delete","id":"tag:search.twitter.com,2005:56","objectType":"activity"}"#, delete(56)),
            (#"{"data":{"delete":{"tweet":{"id":"57","author_id":"1"},"event_at":"x"}}}"#, delete(57)),
            (
                #"{"scrub_geo":{"user_id":14090452,"user_id_str":"14090452","up_to_status_id":23260136625}}"#,
                .compliance(.scrubGeo, key: 14_090_452)
            ),
            (
                #"{"status_withheld":{"id":1234567890,"user_id":123456,"withheld_in_countries":["DE"]}}"#,
                .compliance(.statusWithheld, key: 1_234_567_890)
            ),
            (
                #"{"user_withheld":{"id":123456,"withheld_in_countries":["DE"]}}"#,
                .compliance(.userWithheld, key: 123_456)
            ),
            (#"{"user_delete":{"id":771136850,"timestamp_ms":"1"}}"#, .compliance(.userDelete, key: 771_136_850)),
            (#"{"drop":{"status":{"id":7,"id_str":"7","user_id":3}}}"#, .compliance(.drop, key: 7)),
            (#"{"data":{"user_protect":{"user":{"id":"99"},"event_at":"x"}}}"#, .compliance(.userProtect, key: 99)),
            (
                #"{"data":{"withheld":{"tweet":{"id":"98","author_id":"2"},"withheld_in_countries":["DE"]}}}"#,
                .compliance(.withheld, key: 98)
            ),
            (#"{"delete":{"favorite":{"tweet_id":8,"tweet_id_str":"8","user_id":3}}}"#, .compliance(.unlike, key: 8)),
            (#"{"info":{"message":"Replay Request Completed","activity_count":8874}}"#, .notice(.info)),
            (#"{"error":{"message":"Forced Disconnect: Too many connections.","sent":"x"}}"#, .notice(.error)),
            (
                #"{"errors":[{"title":"operational-disconnect","disconnect_type":"UpstreamOperationalDisconnect"}]}"#,
                .notice(.problem)
            ),
            (#"{"title":"ConnectionException","connection_issue":"TooManyConnections"}"#, .notice(.problem)),
            (#"{"warning":{"code":"FALLING_BEHIND"}}"#, .notice(.warning)),
            (#"{"limit":{"track":5}}"#, .notice(.limit)),
            (#"{"disconnect":{"code":7}}"#, .notice(.disconnect)),
            (#"{"something":{"new":true}}"#, .unknown(.unknownShape)),
            (#"{}"#, .unknown(.unknownShape)),
        ] as [(String, StreamMessage)]
    )
    func shapes(line: String, expected: StreamMessage) {
        #expect(classify(line) == expected)
    }

    @Test(
        "what cannot be decided is unknown, with the reason",
        arguments: [
            (#"{"id_str":"12345678901234567890123","id":1}"#, .badID),
            (#"{"id_str":"-5","id":-5}"#, .badID),
            (#"{"id_str":"0","id":0}"#, .badID),
            (#"{"id_str":"007","id":7}"#, .badID),
            (#"{"id_str":"9223372036854775808","id":1}"#, .badID),
            (#"{"id_str":"","id":1}"#, .badID),
            (#"{"id_str":5,"id":5}"#, .badID),
            (#"{"id_str":null,"id":5}"#, .badID),
            (#"{"id_str":"5","id":"5"}"#, .badID),
            (#"{"id":"deadbeef","favoritedStatus":{"id_str":"5"}}"#, .unknownShape),
            (#"{"id_str":"5","id":5,"id_str":"6"}"#, .duplicateKey),
            (#"{"id_str":"5","id":5,"id\u005fstr":"6"}"#, .duplicateKey),
            (#"{"data":{"id":"5"},"data":{"id":"6"}}"#, .duplicateKey),
            (#"{"id_str":"5","id":5,"delete":{"status":{"id_str":"5"}}}"#, .conflictingShapes),
            (#"{"id_str":"5","id":5,"data":{"id":"5"}}"#, .conflictingShapes),
            (#"{"delete":{"status":{"id":5}}}"#, .badID),
            (#"{"delete":{}}"#, .unknownShape),
            (
                #"{"verb":"delete","object":{"id":"tag:search.twitter.com,2005:55"},"id":"tag:search.twitter.com,2005:5"}"#,
                .conflictingShapes
            ),
            (#"{"verb":"post","id":"tag:example.com,2005:5"}"#, .badID),
            (#"[1,2]"#, .notAnObject),
            (#"42"#, .notAnObject),
            (#""text""#, .notAnObject),
            (#"   "#, .malformed),
            (#"hello"#, .malformed),
            (#"{"id_str":"5","id":5"#, .malformed),
            (#"{"id_str":"5","id":5}}"#, .malformed),
            (#"{"id_str":"5","id":5} x"#, .malformed),
            (#"{"id_str":"5","id":5,}"#, .malformed),
            (#"{"id_str":"5" "id":5}"#, .malformed),
            (#"{"id_str":"5","id":05}"#, .malformed),
            (#"{"id_str":"5","id":5.}"#, .malformed),
            (#"{"id_str":"5","id":+5}"#, .malformed),
            (#"{"id_str":"5","id":5,"user":{"a":[1}]}"#, .malformed),
            (#"{"id_str":"5","id":5,"x":nul}"#, .malformed),
            (#"{'id_str':"5"}"#, .malformed),
            ("{\"id_str\":\"5\",\"id\":5,\"text\":\"a\u{0}b\"}", .controlCharacter),
            ("{\"id_str\":\"5\",\"id\":5,\u{0}\"text\":\"ab\"}", .controlCharacter),
            ("{\"id_str\":\"5\",\"id\":5,\"text\":\"a\tb\"}", .controlCharacter),
        ] as [(String, UnknownReason)]
    )
    func refusals(line: String, reason: UnknownReason) {
        #expect(classify(line) == .unknown(reason))
    }

    @Test("escapes in names and in IDs are read, not compared as bytes")
    func escapes() {
        #expect(classify(#"{"id\u005fstr":"\u0035\u0036","id":56}"#) == tweet(56))
        #expect(classify(#"{"id\u005Fst\u0072":"56","id":56}"#) == tweet(56))
        #expect(classify(#"{"\\id_str":"1","text":"\"id_str\":\"2\",","id_str":"3","id":3}"#) == tweet(3))
        #expect(classify(#"{"text":"\\\\\\","id_str":"3","id":3,"x":"\\\""}"#) == tweet(3))
    }

    @Test("strings full of structure never fool it, wherever the 64-byte blocks fall", arguments: 0..<130)
    func blockBoundaries(padding: Int) {
        let pad = String(repeating: "x", count: padding)
        let line =
            #"{"p":"\#(pad)","text":"}]\\\"{[\"id_str\":\"1\"\\","user":{"id_str":"2","d":"\\\\","a":[{"b":"]}"}]},"#
            + #""id_str":"4711","id":4711,"z":"\#(pad)\\"}"#
        #expect(classify(line) == tweet(4711))
    }

    @Test("invalid UTF-8 is refused, valid UTF-8 of every length is not")
    func encoding() {
        let invalid: [[UInt8]] = [
            [0x80], [0xC0, 0xAF], [0xC3], [0xE0, 0x80, 0x80], [0xED, 0xA0, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xF4, 0x90, 0x80, 0x80], [0xF5, 0x80, 0x80, 0x80], [0xE2, 0x82], [0xFF],
        ]
        for sequence in invalid {
            for padding in [0, 40, 41, 42, 43, 44, 45, 46, 47, 48] {
                let start = Array(#"{"id_str":"5","id":5,"t":""#.utf8) + Array(repeating: 0x20, count: padding)
                #expect(classify(start + sequence + Array(#""}"#.utf8)) == .unknown(.invalidUTF8))
                #expect(classify(start + Array("é€😀\u{7FF}\u{800}\u{FFFF}\u{10000}\u{10FFFF}\"}".utf8)) == tweet(5))
            }
        }
    }

    @Test("nesting is bounded by a counter, at the limit and one beyond it")
    func nesting() {
        func line(_ depth: Int) -> String {
            let open = String(repeating: "[", count: depth)
            let close = String(repeating: "]", count: depth)
            return #"{"id_str":"5","id":5,"deep":\#(open)\#(close)}"#
        }
        #expect(classify(line(TweetIDScanner.nestingMax - 1)) == tweet(5))
        #expect(classify(line(TweetIDScanner.nestingMax)) == .unknown(.tooDeep))
        #expect(classify(line(100_000)) == .unknown(.tooDeep))
        #expect(classify(String(repeating: "{\"data\":", count: 100_000)) == .unknown(.tooDeep))
    }

    @Test("the ID of a line is found in its beginning where it stands there")
    func prefixes() {
        let scanner = TweetIDScanner()
        let line = #"{"user":{"id_str":"2"},"id":5,"id_str":"5","text":"long"}"#
        #expect(withBytes(String(line.prefix(50))) { scanner.identify(prefix: $0) } == TweetID(5))
        #expect(withBytes(String(line.prefix(30))) { scanner.identify(prefix: $0) } == nil)
    }
}

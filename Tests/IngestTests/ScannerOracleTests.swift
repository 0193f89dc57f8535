import Foundation
import Ingest
import ScannerOracle
import Testing
import Tweets

/// The seeds of the fuzzer, and what it found.
private func seeds() throws -> [(name: String, line: [UInt8])] {
    let tests = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let folder = tests.appendingPathComponent("Fuzzers/Seeds/scanner")
    return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
        (name, Array(try Data(contentsOf: folder.appendingPathComponent(name))))
    }
}

@Suite("The judge of the scanner")
struct ScannerOracleTests {
    @Test("has no objection to what the scanner says of the fuzzer's seeds, whole, cut and damaged")
    func seedsAgree() throws {
        var generator = SplitMix64.forTest("ScannerOracleTests.seedsAgree")
        let seeds = try seeds()
        #expect(seeds.count >= 30)
        for (name, line) in seeds {
            let objection = ScannerOracle.objection(to: line, answer: classify(line))
            #expect(objection == nil, "\(name)")
            for damaged in damage(line, times: 30, using: &generator) {
                let objection = ScannerOracle.objection(to: damaged, answer: classify(damaged))
                #expect(objection == nil, "\(String(decoding: damaged, as: UTF8.self))")
            }
        }
    }

    @Test("reads as JSON what Foundation reads as JSON, and nothing else")
    func foundation() throws {
        var generator = SplitMix64.forTest("ScannerOracleTests.foundation")
        for (_, line) in try seeds() {
            for damaged in [line] + damage(line, times: 30, using: &generator) where isJudgedAlike(damaged) {
                let byFoundation = try? JSONSerialization.jsonObject(with: Data(damaged), options: .fragmentsAllowed)
                let isJSON = (try? ReferenceParser.parse(damaged)) != nil
                #expect(isJSON == (byFoundation != nil), "\(String(decoding: damaged, as: UTF8.self))")
            }
        }
    }

    @Test("objects to wrong answers")
    func objections() throws {
        func objects(_ line: String, _ answer: StreamMessage) -> Bool {
            ScannerOracle.objection(to: Array(line.utf8), answer: answer) != nil
        }
        let (five, six) = (try #require(TweetID(5)), try #require(TweetID(6)))
        let native = #"{"user":{"id_str":"6"},"id_str":"5","id":5}"#
        #expect(!objects(native, .tweet(five)))
        #expect(objects(native, .tweet(six)))
        #expect(objects(native, .delete(five)))
        #expect(objects(native, .unknown(.malformed)))
        #expect(objects(native, .notice(.info)))
        #expect(objects(#"{"id_str":"5","id":5}"#, .unknown(.badID)))
        #expect(objects(#"{"data":{"id":"5"}}"#, .unknown(.unknownShape)))
        #expect(objects(#"{"id_str":"5","id":5"#, .tweet(five)))
        #expect(objects(#"{"id_str":"5","t":"\x"}"#, .tweet(five)))
        #expect(objects(#"[]"#, .unknown(.malformed)))
        #expect(objects(#"{"delete":{"status":{"id_str":"5"}}}"#, .tweet(five)))
    }

    /// Copies of a line with a byte changed, taken out or put in, and beginnings of it.
    private func damage(_ line: [UInt8], times: Int, using generator: inout SplitMix64) -> [[UInt8]] {
        let interesting = Array("{}[]\",:\\u0 \t-.e1dé".utf8) + [0x00, 0x1F, 0x80, 0xFF]
        return (0..<times).map { _ in
            var damaged = line
            let position = Int.random(in: 0..<line.count, using: &generator)
            let byte = interesting[Int.random(in: 0..<interesting.count, using: &generator)]
            switch Int.random(in: 0..<4, using: &generator) {
            case 0: damaged[position] = byte
            case 1: damaged.insert(byte, at: position)
            case 2: damaged.remove(at: position)
            default: damaged.removeSubrange(position...)
            }
            return damaged
        }
    }

    /// Foundation guesses UTF-16 from NUL bytes and passes over a byte order mark, refuses half a surrogate pair, and
    /// numbers beyond a Double.
    private func isJudgedAlike(_ line: [UInt8]) -> Bool {
        let text = String(decoding: line, as: UTF8.self).lowercased()
        return !line.prefix(4).contains { $0 == 0 || $0 >= 0x80 } && !text.contains("\\ud")
            && text.wholeMatch(of: /.*\d[e]\+?\d.*/) == nil
            // Foundation takes a comma behind the last element, which RFC 8259 does not.
            && text.firstMatch(of: /,\s*[}\]]/) == nil
    }
}

import Foundation
import Ingest
import Testing
import Tweets

/// What a full JSON parser says of a line, for the native and the Activity Streams shape.
private func idByFoundation(_ line: [UInt8]) -> UInt64? {
    guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any] else { return nil }
    if let text = object["id_str"] as? String { return UInt64(text) }
    guard object["verb"] is String, let tag = object["id"] as? String else { return nil }
    return tag.split(separator: ":").last.flatMap { UInt64($0) }
}

private func isJSON(_ line: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(line))) != nil
}

private let corpora = ["native-enriched", "activity-streams"]
private let hasCorpus = !corpusLines("native-enriched").isEmpty

@Suite("The scanner agrees with a full JSON parser")
struct ScannerAgreementTests {
    @Test("on every line of the corpus", .enabled(if: hasCorpus, "no ../shared/corpus"), arguments: corpora)
    func corpus(name: String) throws {
        let lines = corpusLines(name)
        #expect(!lines.isEmpty)
        for line in lines {
            let id = try #require(idByFoundation(line).flatMap { TweetID($0) })
            #expect(classify(line) == .tweet(id))
        }
    }

    @Test(
        "on damaged lines of the corpus: where the parser reads an ID, the scanner reads that ID or refuses",
        .enabled(if: hasCorpus, "no ../shared/corpus"),
        arguments: corpora
    )
    func damaged(name: String) throws {
        var generator = SplitMix64.forTest("ScannerAgreementTests.damaged(\(name))")
        let interesting = Array("{}[]\",:\\u0 \t\r\u{0}é1tfn-e.".utf8)
        var refused = 0
        for line in corpusLines(name) {
            for _ in 0..<8 {
                var damaged = line
                for _ in 0...Int.random(in: 0..<2, using: &generator) {
                    let position = Int.random(in: 0..<damaged.count, using: &generator)
                    let byte = interesting[Int.random(in: 0..<interesting.count, using: &generator)]
                    switch Int.random(in: 0..<3, using: &generator) {
                    case 0: damaged[position] = byte
                    case 1: damaged.insert(byte, at: position)
                    default: damaged.remove(at: position)
                    }
                }
                switch classify(damaged) {
                case .tweet(let id):
                    if isJSON(damaged) { #expect(idByFoundation(damaged) == id.rawValue) }
                case .unknown:
                    refused += 1
                case let other:
                    Issue.record("\(other) from \(String(decoding: damaged, as: UTF8.self))")
                }
            }
        }
        #expect(refused > 0)
    }

    @Test("on generated objects of any order, nesting, escapes and spacing")
    func generated() throws {
        var generator = SplitMix64.forTest("ScannerAgreementTests.generated")
        for _ in 0..<1500 {
            let id = UInt64.random(in: 1...UInt64(Int64.max), using: &generator)
            let line = Array(generateTweet(id: id, using: &generator).utf8)
            let parsed = try #require(idByFoundation(line), "\(String(decoding: line, as: UTF8.self))")
            #expect(parsed == id)
            #expect(classify(line) == TweetID(id).map(StreamMessage.tweet))
        }
    }
}

/// A native Tweet whose fields come in any order, with decoys nested in it.
private func generateTweet(id: UInt64, using generator: inout SplitMix64) -> String {
    var fields = [
        #""id_str":\#(space(&generator))"\#(id)""#, #""id":\#(id)"#, #""text":\#(generateText(&generator))"#,
    ]
    for number in 0..<Int.random(in: 0..<8, using: &generator) {
        let value = generateValue(depth: 0, using: &generator)
        fields.append("\"f\(number)\"\(space(&generator)):\(space(&generator))\(value)")
    }
    fields.shuffle(using: &generator)
    return "{\(space(&generator))" + fields.joined(separator: "\(space(&generator)),\(space(&generator))") + "}"
}

private func space(_ generator: inout SplitMix64) -> String {
    ["", "", "", " ", "\t", "  "][Int.random(in: 0..<6, using: &generator)]
}

private func generateText(_ generator: inout SplitMix64) -> String {
    let pieces = [
        "a", "\\\\", "\\\"", "}", "{", "]", "[", ",", ":", "\\u00e9", "é", "😀", "\\ud83d\\ude00", "\\/", "\\n", " ",
        "\\\"id_str\\\":\\\"1\\\"",
    ]
    let count = Int.random(in: 0..<40, using: &generator)
    let body = (0..<count).map { _ in pieces[Int.random(in: 0..<pieces.count, using: &generator)] }.joined()
    return "\"\(body)\""
}

private func generateValue(depth: Int, using generator: inout SplitMix64) -> String {
    switch Int.random(in: 0..<(depth < 4 ? 8 : 5), using: &generator) {
    case 0: return String(Int64.random(in: Int64.min...Int64.max, using: &generator))
    case 1: return ["true", "false", "null"][Int.random(in: 0..<3, using: &generator)]
    case 2: return ["0.5", "-1e5", "0", "12E-3"][Int.random(in: 0..<4, using: &generator)]
    case 3, 4: return generateText(&generator)
    case 5:
        let items = (0..<Int.random(in: 0..<4, using: &generator))
            .map { _ in generateValue(depth: depth + 1, using: &generator) }
        return "[\(items.joined(separator: ","))]"
    default:
        var fields = (0..<Int.random(in: 0..<4, using: &generator))
            .map { "\"k\($0)\":\(generateValue(depth: depth + 1, using: &generator))" }
        fields.append("\"id_str\":\"\(UInt32.random(in: 1...UInt32.max, using: &generator))\"")
        return "{\(fields.shuffled(using: &generator).joined(separator: ","))}"
    }
}

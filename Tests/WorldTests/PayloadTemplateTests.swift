import Foundation
import Testing
import Tweets

@testable import World

@Suite("Real payloads as templates")
struct PayloadTemplateTests {
    private let world = World(WorldTests.options(rate: 1000))

    private func id() throws -> TweetID {
        try #require(world.tweets(inSecond: WorldTests.start.milliseconds / 1000 + 5, partition: 1).first)
    }

    private func rewritten(_ payload: String, _ id: TweetID) throws -> [String: Any] {
        let template = try #require(TweetTemplate(payload: Array(payload.utf8)))
        var encoder = TweetEncoder(world: world, shape: .native, templates: [template])
        let line = encoder.line(SlotValues(id: id, original: nil))
        return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    @Test("get a new ID wherever their own stands, and keep nested ones")
    func native() throws {
        let id = try id()
        let fields = try rewritten(
            #"{"retweeted_status":{"id_str":"99999","id":99999},"user":{"created_at":"Sat Dec 31 19:30:52 +0000 2016"},"#
                + #""text":"\"id_str\":\"1\" a\\","link":"x/88745319/y/1887453190","id":88745319,"id_str":"88745319","#
                + #""created_at":"Tue Jul 18 23:25:04 +0000 2017"}"#,
            id
        )
        #expect(fields["id_str"] as? String == id.description)
        #expect((fields["id"] as? NSNumber)?.uint64Value == id.rawValue)
        #expect(fields["link"] as? String == "x/\(id)/y/1887453190")
        #expect((fields["retweeted_status"] as? [String: Any])?["id_str"] as? String == "99999")
        #expect((fields["user"] as? [String: Any])?["created_at"] as? String == "Sat Dec 31 19:30:52 +0000 2016")
        let second = try #require(id.createdAt).milliseconds / 1000
        #expect(fields["created_at"] as? String == TimeTexts(second: second).native)
    }

    @Test("are understood in Activity Streams and v2 shape too")
    func others() throws {
        let id = try id()
        let activity = try rewritten(
            #"{"object":{"id":"tag:search.twitter.com,2005:55555"},"verb":"share","#
                + #""id":"tag:search.twitter.com,2005:88745319","postedTime":"2017-07-18T23:25:04.000Z"}"#,
            id
        )
        #expect(activity["id"] as? String == "tag:search.twitter.com,2005:\(id)")
        #expect((activity["object"] as? [String: Any])?["id"] as? String == "tag:search.twitter.com,2005:55555")
        let v2 = try rewritten(
            #"{"includes":{"tweets":[{"id":"55555"}]},"#
                + #""data":{"text":"x","id":"88745319","created_at":"2017-07-18T23:25:04.000Z"}}"#,
            id
        )
        #expect((v2["data"] as? [String: Any])?["id"] as? String == id.description)
    }

    @Test(
        "are refused where they are no Tweets",
        arguments: ["", "{", "[]", #"{"id":5}"#, #"{"info":{"id_str":"123456"}}"#, #"{"id_str":"12x456"}"#]
    )
    func refused(payload: String) {
        #expect(TweetTemplate(payload: Array(payload.utf8)) == nil)
    }

    private static let corpus: [[UInt8]] = {
        var folder = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { folder.deleteLastPathComponent() }
        return ["native-enriched", "activity-streams"].flatMap { name -> [[UInt8]] in
            let file = folder.appendingPathComponent("shared/corpus/\(name).ndjson")
            return (try? Data(contentsOf: file))?.split(separator: 0x0A).map(Array.init) ?? []
        }
    }()

    @Test(
        "of the corpus change in nothing but their own ID and times",
        .enabled(if: !corpus.isEmpty, "the folder of real payloads is not there")
    )
    func corpusRoundTrip() throws {
        let id = try id()
        for line in Self.corpus {
            let before = try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
            let text = String(decoding: line, as: UTF8.self)
            let after = try rewritten(text, id)
            let own =
                before["id_str"] as? String ?? (before["id"] as? String)?.split(separator: ":").last.map(String.init)
            let digits = try #require(own)
            let renamed = String(
                decoding: try JSONSerialization.data(withJSONObject: after, options: [.sortedKeys]),
                as: UTF8.self
            )
            #expect(!renamed.contains(digits))
            for name in ["user", "actor", "retweeted_status", "quoted_status", "entities"] {
                let (left, right) = (before[name] as? NSDictionary, after[name] as? NSDictionary)
                if let left, !"\(left)".contains(digits) { #expect(left == right) }
            }
            #expect(Set(before.keys) == Set(after.keys))
        }
    }
}

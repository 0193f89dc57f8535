import Foundation
import Testing
import Tweets
import World

@Suite("The bytes of a Tweet")
struct TweetEncoderTests {
    private let world = World(WorldTests.options(rate: 300))

    private func sample() -> [TweetID] {
        let from = WorldTests.start + .seconds(700)
        return world.tweets(in: EventInterval(from: from, to: from + .seconds(1)), partition: 1)
    }

    private func parse(_ line: [UInt8]) throws -> [String: Any] {
        #expect(line.suffix(2) == [0x0D, 0x0A])
        #expect(!line.dropLast(2).contains(0x0A))
        return try #require(try JSONSerialization.jsonObject(with: Data(line)) as? [String: Any])
    }

    @Test("are JSON whose top-level ID and time are the Tweet's", arguments: TweetShape.allCases)
    func shapes(shape: TweetShape) throws {
        var encoder = TweetEncoder(world: world, shape: shape)
        var sizes: [Int] = []
        var nestedFirst = 0
        for id in sample() {
            let original = world.original(of: id)
            let line = encoder.line(SlotValues(id: id, original: original))
            sizes.append(line.count)
            let fields = try parse(line)
            let created = try #require(id.createdAt)
            let iso = created.alignedDown(to: .seconds(1)).description
            let text = String(decoding: line, as: UTF8.self)
            let mark: String
            switch shape {
            case .native:
                #expect(fields["id_str"] as? String == id.description)
                #expect((fields["id"] as? NSNumber)?.uint64Value == id.rawValue)
                let formatter = DateFormatter()
                formatter.locale = Locale(identifier: "en_US_POSIX")
                formatter.dateFormat = "EEE MMM dd HH:mm:ss Z yyyy"
                let time = try #require(fields["created_at"] as? String)
                #expect(formatter.date(from: time)?.timeIntervalSince1970 == Double(created.milliseconds / 1000))
                let versions = try #require(fields["edit_history_tweet_ids"] as? [String])
                #expect(versions == [original, id].compactMap { $0?.description })
                mark = "\"id_str\":\""
            case .activityStreams:
                #expect(fields["id"] as? String == "tag:search.twitter.com,2005:\(id)")
                #expect(fields["postedTime"] as? String == iso)
                #expect(["post", "share"].contains(fields["verb"] as? String))
                mark = "twitter.com,2005:"
            case .v2:
                let data = try #require(fields["data"] as? [String: Any])
                #expect(data["id"] as? String == id.description)
                #expect(data["created_at"] as? String == iso)
                #expect(data["edit_history_tweet_ids"] as? [String] == [original, id].compactMap { $0?.description })
                mark = "\"id\":\""
            }
            let first = try #require(text.range(of: mark))
            if !text[first.upperBound...].hasPrefix(id.description) { nestedFirst += 1 }
        }
        let mean = sizes.reduce(0, +) / sizes.count
        #expect((4000...6500).contains(mean))
        #expect(sizes.allSatisfy { (1000...13000).contains($0) })
        // Scanners that take the first ID they see must be found out.
        #expect(nestedFirst > sizes.count / 10)
    }

    @Test("are the same for every copy")
    func sameBytes() throws {
        var left = TweetEncoder(world: world, shape: .native)
        var right = TweetEncoder(world: world, shape: .native)
        let ids = sample()
        let forwards = ids.map { left.line(SlotValues(id: $0, original: world.original(of: $0))) }
        let backwards = ids.reversed().map { right.line(SlotValues(id: $0, original: world.original(of: $0))) }
        #expect(forwards == backwards.reversed())
        #expect(Set(forwards).count == ids.count)
    }

    @Test("of a delete name its Tweet and the time", arguments: TweetShape.allCases)
    func deletes(shape: TweetShape) throws {
        let encoder = TweetEncoder(world: world, shape: shape)
        let id = try #require(sample().first { world.deletion(of: $0) != nil })
        let line = try #require(encoder.notice(Delivery(arrival: 0, id: id, content: .delete)))
        let fields = try parse(line)
        switch shape {
        case .native:
            let status = (fields["delete"] as? [String: Any])?["status"] as? [String: Any]
            #expect(status?["id_str"] as? String == id.description)
        case .activityStreams:
            #expect(fields["verb"] as? String == "delete")
            #expect(fields["id"] as? String == "tag:search.twitter.com,2005:\(id)")
        case .v2:
            let delete = (fields["data"] as? [String: Any])?["delete"] as? [String: Any]
            #expect((delete?["tweet"] as? [String: Any])?["id"] as? String == id.description)
        }
    }

    @Test("of the other compliance events are JSON", arguments: TweetShape.allCases)
    func events(shape: TweetShape) throws {
        var options = WorldTests.options(rate: 300)
        options.eventShare = 0.1
        let world = World(options)
        let encoder = TweetEncoder(world: world, shape: shape)
        let from = WorldTests.start
        let ids = world.tweets(in: EventInterval(from: from, to: from + .seconds(6)), partition: 1)
            .filter { world.event(of: $0) != nil }
        #expect(Set(ids.compactMap { world.event(of: $0)?.kind }) == Set(ComplianceEventKind.allCases))
        for id in ids {
            let line = try #require(encoder.notice(Delivery(arrival: 0, id: id, content: .event)))
            _ = try parse(line)
        }
    }
}

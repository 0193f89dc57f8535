import Foundation
import Testing

@testable import Tweets

@Suite("Session records")
struct SessionRecordTests {
    @Test("what a newer version wrote survives our rewrite")
    func unknownFields() throws {
        var record = SessionRecord(
            connection: "a",
            stream: StreamPartition(product: .sample10, number: 2),
            session: "1-x",
            host: "h",
            serverDate: Instant(seconds: 1_700_000_000),
            localDate: Instant(seconds: 1_700_000_001),
            backfill: .init(askedMinutes: 2)
        )
        record.offsets = [3: .init(first: 5, last: 9)]
        record.covered = EventInterval(from: Instant(seconds: 1), to: Instant(seconds: 2))
        var object = try #require(
            JSONSerialization.jsonObject(with: JSONEncoder().encode(record)) as? [String: Any]
        )
        object["zz"] = ["deep": [1, "two", NSNull(), 2.5, true]] as [String: Any]
        object["version"] = 7
        let decoded = try JSONDecoder().decode(
            SessionRecord.self,
            from: JSONSerialization.data(withJSONObject: object)
        )
        #expect(decoded.version == 7)
        #expect(decoded.offsets == record.offsets)
        let again = try JSONSerialization.jsonObject(with: JSONEncoder().encode(decoded)) as? NSDictionary
        #expect(again == object as NSDictionary)
        #expect(record.key.text == "session:a:sample10/2:1-x")
        #expect(ControlKey("session:a:sample10/2:1-x")?.id == "a:sample10/2:1-x")
    }

    @Test("a reason of a newer version is an end all the same, and what stands beside it is kept")
    func unknownReason() throws {
        let text = """
            {"connection":"a","stream":"sample10/2","session":"1-x","host":"h","sequence":3,"version":2,
            "serverDate":"2026-11-23T20:00:00.000Z","localDate":"2026-11-23T20:00:00.000Z",
            "updatedAt":"2026-11-23T20:10:00.000Z","backfill":{"askedMinutes":0,"decided":true},"closed":"solar-storm",
            "covered":{"from":"2026-11-23T20:00:05.000Z","to":"2026-11-23T20:08:00.000Z"},"offsets":{},
            "holes":[{"from":"2026-11-23T20:01:00.000Z","to":"2026-11-23T20:01:01.000Z"}]}
            """
        let record = try JSONDecoder().decode(SessionRecord.self, from: Data(text.utf8))
        #expect(record.closed == .unknown)
        #expect(record.covered?.duration == .seconds(475))
        #expect(record.holes.map(\.duration) == [.seconds(1)])
    }

    @Test("a loss that was found in a way of a newer version is a loss, and keeps its finding when written again")
    func unknownFinding() throws {
        let text = """
            {"version":2,"kafkaPartition":3,"fromOffset":10,"toOffset":20,"foundAt":"2026-11-23T20:00:00.000Z",
            "finding":"disk-rot"}
            """
        let record = try JSONDecoder().decode(LossRecord.self, from: Data(text.utf8))
        #expect(record.fromOffset == 10)
        #expect(record.toOffset == 20)
        let again = try JSONSerialization.jsonObject(with: JSONEncoder().encode(record)) as? [String: Any]
        #expect(again?["finding"] as? String == "disk-rot")
    }
}

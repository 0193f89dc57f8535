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
}

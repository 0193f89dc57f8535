import Foundation
import Testing

@testable import Tweets

@Suite("Instant")
struct InstantTests {
    @Test("agrees with Foundation's calendar over four centuries, in both directions")
    func agreesWithFoundation() throws {
        let formatter = ISO8601DateFormatter()
        formatter.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        for step: Int64 in 0..<3000 {
            let instant = Instant(milliseconds: -4_000_000_000_000 + step * 4_123_456_789)
            let date = Date(timeIntervalSince1970: Double(instant.milliseconds) / 1000)
            #expect(instant.description == formatter.string(from: date))
            #expect(Instant(instant.description) == instant)
        }
    }

    @Test(
        "reads the forms that the upstream writes",
        arguments: [
            ("2013-02-20T00:05:00+00:00", "2013-02-20T00:05:00.000Z"),
            ("2020-02-29T23:59Z", "2020-02-29T23:59:00.000Z"),
            ("2020-01-01T02:00:00.12345+02:00", "2020-01-01T00:00:00.123Z"),
        ]
    )
    func forms(text: String, expected: String) throws {
        #expect(try #require(Instant(text)).description == expected)
    }

    @Test(
        "refuses what is no time",
        arguments: [
            "", "2020", "2021-02-29T00:00:00Z", "2020-13-01T00:00:00Z", "2020-01-01T24:00:00Z", "2020-01-01T00:00:00",
        ]
    )
    func refusals(text: String) {
        #expect(Instant(text) == nil)
    }

    @Test("alignment rounds outward on both sides of 1970")
    func alignment() {
        let minute = Duration.seconds(60)
        for milliseconds: Int64 in [-60001, -60000, -59999, -1, 0, 1, 59999, 60000, 60001] {
            let instant = Instant(milliseconds: milliseconds)
            let down = instant.alignedDown(to: minute)
            let up = instant.alignedUp(to: minute)
            #expect(down <= instant && instant <= up)
            #expect(down.milliseconds % 60000 == 0 && up.milliseconds % 60000 == 0)
            #expect(up - down <= minute)
        }
    }

    @Test("is written as the upstream's parameters want it")
    func parameters() throws {
        let instant = try #require(Instant("2026-11-23T20:45:01.250Z"))
        #expect(instant.replayMinute == "202611232045")
        #expect(instant.isoSecond == "2026-11-23T20:45:01Z")
    }
}

@Suite("Times of records")
struct RecordedInstantTests {
    @Test("what is written can be read, however far a span leads from it, and absurd years are refused")
    func bounds() throws {
        let far = [Instant(milliseconds: -100_000_000_000_000), Instant(milliseconds: 250_000_000_000_000)]
        let near = Instant(milliseconds: 1_795_000_000_000)
        let data = try JSONEncoder().encode(far + [near])
        let read = try JSONDecoder().decode([Instant].self, from: data)
        #expect(read.map(\.description) == ["1000-01-01T00:00:00.000Z", "8999-12-31T23:59:59.999Z", near.description])
        for text in ["0999-12-31T23:59:59.999Z", "9000-01-01T00:00:00.000Z", "9999-12-31T23:59:59Z"] {
            #expect(throws: DecodingError.self) {
                _ = try JSONDecoder().decode([Instant].self, from: Data("[\"\(text)\"]".utf8))
            }
        }
    }
}

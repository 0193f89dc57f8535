import Testing

@testable import Tweets

@Suite("Tweet IDs")
struct TweetIDTests {
    private func parse(_ text: String) -> TweetID? {
        Array(text.utf8).withUnsafeBytes { TweetID(decimal: $0) }
    }

    @Test(
        "what is no ID is refused",
        arguments: [
            "", "0", "01", "-1", "+1", "1a", "9223372036854775808", "18446744073709551616", "99999999999999999999999",
            " 1", "1.0", "１",
        ]
    )
    func refused(text: String) {
        #expect(parse(text) == nil)
    }

    @Test("decimal digits are read and written back", arguments: [1, 20, 29_700_859_247, UInt64(Int64.max)])
    func roundTrip(number: UInt64) throws {
        let id = try #require(parse(String(number)))
        #expect(id.rawValue == number)
        #expect(id.withDecimal { String(decoding: $0, as: UTF8.self) } == String(number))
    }

    @Test("a snowflake holds its creation time, an older ID none")
    func creationTime() throws {
        // The line of a real payload says: Tue Jul 18 23:25:04 +0000 2017.
        let id = try #require(TweetID(887_453_193_294_282_752))
        #expect(id.createdAt?.description.hasPrefix("2017-07-18T23:25:04.") == true)
        #expect(TweetID(20)?.createdAt == nil)
        let created = try #require(id.createdAt)
        #expect(TweetID(earliestAt: created) <= id)
        #expect(TweetID(earliestAt: created + .milliseconds(1)) > id)
    }
}

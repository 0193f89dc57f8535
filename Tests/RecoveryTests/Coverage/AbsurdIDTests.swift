import Recovery
import Testing
import Tweets

/// One message with an ID that no Tweet of now can have must not poison what a session claims.
@Suite("An absurd ID")
struct AbsurdIDTests {
    private static let year = 365.0 * 86400

    @Test(
        "of years ahead or ago, first, in the middle or last of its second, leaves the frontier where it is",
        arguments: [40 * year, 50000, -14 * year],
        [0, 50, 199]
    )
    func among(offset: Double, place: Int) throws {
        var plain = DrivenSession()
        var poisoned = DrivenSession()
        for second in Int64(0)..<300 {
            var tweets = (0..<200).map { Double(second) + Double($0) / 200 }
            try plain.second(second, tweets)
            tweets.insert(Double(second) + offset, at: place)
            try poisoned.second(second, tweets)
        }
        let (clean, dirty) = (try #require(plain.coverage.covered), try #require(poisoned.coverage.covered))
        #expect(dirty.from == clean.from)
        #expect(dirty.to <= clean.to)
        #expect(dirty.to > clean.to - .seconds(1))
    }

    @Test("of the past in every second of a thin stream holds the claim back, but never moves it ahead")
    func thinPast() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        let before = session.coverage.covered
        for second in Int64(300)..<400 {
            try session.second(second, [Double(second), Double(second) - 10 * Self.year])
        }
        #expect(session.coverage.covered == before)
        try session.stream(400..<410)
        #expect(session.coverage.covered == span(5, 409 - 120))
    }

    @Test("of the future alone in a second of a stream that lags claims nothing")
    func futureAlone() throws {
        var session = DrivenSession()
        try session.stream(0..<400, lag: 300)
        let before = session.coverage.covered
        try session.second(400, [40 * Self.year])
        try session.second(401, [401 + 130])
        #expect(session.coverage.covered == before)
        #expect(session.coverage.newestCounted ?? at(0) < at(400))
    }

    @Test("of a little ahead counts as the server's present, so that a halted clock of ours does not stop the claim")
    func haltedClock() throws {
        var session = DrivenSession()
        try session.second(300, [360])
        #expect(session.coverage.frontier == at(301))
    }

    @Test("of before snowflakes makes no frontier and waits for its acknowledgement")
    func beforeSnowflakes() throws {
        var session = DrivenSession()
        session.coverage.read(try #require(TweetID(20)))
        _ = session.coverage.advance(to: clock(1))
        session.settle()
        #expect(!session.coverage.isSettled)
        session.acknowledge(0, 1)
        session.settle()
        #expect(session.coverage.isSettled)
        #expect(session.coverage.frontier == nil)
    }

    @Test("is no evidence of backfill, brings its decision forward for nobody, and delays it for nobody")
    func evidence() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<1)
        try session.second(0, [40 * Self.year])
        try session.stream(1..<40)
        try session.backfill(40..<41)
        try session.second(40, [2 * Self.year])
        for second in Int64(41)..<65 { try session.second(second, [Double(second) + Self.year]) }
        try session.second(65, [2 * Self.year])
        #expect(!session.coverage.isBackfillDecided)
        try session.backfill(41..<66)
        for second in Int64(66)..<140 {
            try session.second(second, (0..<10).map { Double(second) + Double($0) / 10 } + [Double(second) + Self.year])
        }
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom == at(-90))
    }

    @Test("of the greatest and the smallest number are taken")
    func extremes() throws {
        var session = DrivenSession(backfillAsked: true)
        for number in [1, TweetID.firstSnowflake - 1, TweetID.firstSnowflake, UInt64(Int64.max)] {
            session.coverage.read(try #require(TweetID(number)))
        }
        session.coverage.lost(createdAt: TweetID(UInt64(Int64.max))?.createdAt)
        session.acknowledge(0, 4)
        _ = session.coverage.advance(to: clock(1))
        session.settle()
        #expect(session.coverage.isSettled)
        #expect(session.coverage.covered == nil)
    }

    @Test("does not make the hole of a message without an ID reach into the future")
    func hole() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        try session.second(300, [40 * Self.year])
        session.coverage.lost(createdAt: nil)
        #expect(try #require(session.coverage.holes.last).to <= at(310))
    }
}

import Recovery
import Testing
import Tweets

@Suite("Holes of a session")
struct SessionHolesTests {
    @Test("a lost Tweet is a hole of its second")
    func tweet() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        session.coverage.lost(createdAt: at(250) + .milliseconds(300))
        session.coverage.lost(createdAt: at(250) + .milliseconds(900))
        #expect(session.coverage.holes == [span(250, 251)])
    }

    @Test("a lost message without an ID is a hole of all that it can have been")
    func message() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        session.coverage.lost(createdAt: nil)
        let hole = try #require(session.coverage.holes.last)
        #expect(hole.from <= at(299 - 120))
        #expect(hole.to > at(301))
    }

    @Test("what Kafka refuses late is a hole back to the second in which it was read")
    func refusedLate() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        session.coverage.readOther()
        _ = session.coverage.advance(to: clock(301))
        try session.stream(301..<900)
        // The message was read at 300, ten minutes before its loss is known; nothing since then counts.
        session.coverage.lost(createdAt: nil)
        let hole = try #require(session.coverage.holes.last)
        #expect(hole.from <= at(300 - 120))
        #expect(hole.to >= at(900))
    }

    @Test("what was lost before anything counts may have been of the backfill")
    func lostInBackfill() throws {
        var session = DrivenSession(backfillAsked: true)
        session.coverage.lost(createdAt: nil)
        try session.backfill(-300..<0)
        try session.stream(0..<400)
        let (hole, covered) = (try #require(session.coverage.holes.first), try #require(session.coverage.covered))
        #expect(covered.from == at(-290))
        #expect(hole.from < covered.from)
    }

    @Test("more holes than a record should carry become one that spans them")
    func manyHoles() {
        var session = DrivenSession()
        let count = Int64(SessionCoverage.holesMax)
        for number in 0..<count { session.coverage.lost(createdAt: at(number * 10)) }
        #expect(session.coverage.holes.count == SessionCoverage.holesMax)
        session.coverage.lost(createdAt: at(count * 10))
        #expect(session.coverage.holes == [span(0, count * 10 + 1)])
    }
}

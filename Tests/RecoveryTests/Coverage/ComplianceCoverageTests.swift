import Recovery
import Testing
import Tweets

@Suite("What a session without creation times may claim")
struct ComplianceCoverageTests {
    private func session(_ seconds: Range<Int64>, unacknowledged: Int64? = nil) -> DrivenSession {
        var session = DrivenSession(carriesTweets: false)
        for second in seconds {
            session.coverage.received(at: clock(second))
            session.coverage.readOther()
            if second != unacknowledged { session.acknowledge(session.coverage.slot, 1) }
            _ = session.coverage.advance(to: clock(second + 1))
            session.settle()
        }
        return session
    }

    @Test("it ends where the last fully acknowledged second was last heard, by the server's clock")
    func rightEnd() {
        #expect(session(0..<20).coverage.covered == span(5, 19))
        #expect(session(0..<20, unacknowledged: 15).coverage.covered == span(5, 14))
    }

    @Test("heartbeats carry it on, a dead connection does not, however long it takes to be noticed")
    func deadConnection() {
        var session = session(0..<20)
        for second in Int64(20)..<40 {
            session.coverage.received(at: clock(second))
            session.settle()
        }
        for second in Int64(40)..<100 {
            _ = session.coverage.advance(to: clock(second))
            session.settle()
        }
        session.coverage.finish(now: clock(100))
        session.settle(isOver: true)
        #expect(session.coverage.covered == span(5, 39))
    }

    @Test("after a standstill it claims no more than what was surely sent, and never less than before")
    func standstill() {
        var session = session(0..<20)
        for second in Int64(80)..<90 {
            session.coverage.received(at: clock(second), delay: .seconds(60))
            _ = session.coverage.advance(to: clock(second + 1))
            session.settle()
        }
        #expect(session.coverage.covered == span(5, 29))
        session.coverage.received(at: clock(90), delay: .seconds(70))
        _ = session.coverage.advance(to: clock(91))
        session.settle()
        #expect(session.coverage.covered == span(5, 29))
        session.coverage.received(at: clock(91))
        _ = session.coverage.advance(to: clock(92))
        session.settle()
        #expect(session.coverage.covered == span(5, 91))
    }

    @Test("a lost event is a hole of the time in which it came, not of the time of the Tweet that it is about")
    func lostEvent() throws {
        var session = session(0..<100)
        session.coverage.readOther()
        _ = session.coverage.advance(to: clock(101))
        session.coverage.lost(createdAt: at(-100_000))
        session.acknowledge(100, 1)
        session.settle()
        let hole = try #require(session.coverage.holes.first)
        #expect(session.coverage.holes.count == 1)
        #expect(hole.from <= at(100))
        #expect(hole.to >= at(101))
    }
}

import Recovery
import Testing
import Tweets

@Suite("Credit for backfill")
struct BackfillCreditTests {
    @Test("what came is credited, less a twelfth of the slack, once the frontier is half a slack beyond the left end")
    func credit() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<0)
        try session.stream(0..<65)
        #expect(!session.coverage.isBackfillDecided)
        try session.stream(65..<66)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom == at(-90))
        #expect(session.coverage.covered == span(-90, 65 - 120))
        try session.stream(66..<140)
        #expect(session.coverage.covered == span(-90, 139 - 120))
    }

    @Test("it waits until the second in which the frontier passed is acknowledged")
    func acknowledgement() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<0)
        try session.stream(0..<60)
        let stuck = session.coverage.slot
        try session.read([60])
        _ = session.coverage.advance(to: clock(61))
        try session.stream(61..<140)
        #expect(!session.coverage.isBackfillDecided)
        session.settle(isOver: true)
        #expect(!session.coverage.isBackfillDecided)
        session.acknowledge(stuck, 1)
        session.settle(isOver: true)
        #expect(session.coverage.creditedFrom == at(-90))
    }

    @Test("without having been asked for, nothing is credited")
    func notAsked() throws {
        var session = DrivenSession()
        try session.backfill(-100..<0)
        try session.stream(0..<140)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.covered?.from == at(5))
    }

    @Test("asked for and not sent earns nothing, though latency fills the last seconds before a connect")
    func latencyAlone() throws {
        var session = DrivenSession(backfillAsked: true)
        for (second, share) in [(-4, 2), (-3, 5), (-2, 7), (-1, 9)] {
            try session.backfill(Int64(second)..<Int64(second + 1), rate: share)
        }
        try session.stream(0..<140)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.covered?.from == at(5))
    }

    @Test("it never moves the left end to the right", arguments: [1, 4, 6, 8, 14] as [Int64])
    func neverRight(seconds: Int64) throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-seconds..<0)
        try session.stream(0..<140)
        let from = try #require(session.coverage.covered?.from)
        #expect(from <= at(5))
        #expect(from == min(at(5), at(10 - seconds)))
    }

    @Test("it goes back to the first hole and no further", arguments: [1, 2, 3] as [Int64])
    func hole(length: Int64) throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<(-50 - length))
        try session.backfill(-50..<0)
        try session.stream(0..<140)
        #expect(try #require(session.coverage.creditedFrom) >= at(-40))
    }

    @Test("a second of less than half the baseline ends it, one of half does not", arguments: [(4, -40), (5, -90)])
    func half(count: Int, from: Int64) throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100 ..< -50)
        try session.backfill(-50 ..< -49, rate: count)
        try session.backfill(-49..<0, rate: 11)
        try session.stream(0..<140)
        // The second itself is full enough, and so are the windows that hold it.
        let credited = try #require(session.coverage.creditedFrom)
        #expect(count == 5 ? credited == at(from) : credited >= at(-39))
    }

    @Test("ten seconds of less than 80 % of the baseline end it", arguments: [(7, false), (8, true)])
    func window(rate: Int, isCredited: Bool) throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<0, rate: rate)
        try session.stream(0..<140)
        let from = try #require(session.coverage.covered?.from)
        // The live seconds between the connect and the left end may be credited, the thin ones not.
        #expect(isCredited ? from == at(-90) : from >= at(0))
    }

    @Test("live seconds do not make up for backfill that is thin just before the left end")
    func besideLive() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100 ..< -9, rate: 10)
        try session.backfill(-9..<0, rate: 6)
        try session.stream(0..<140, rate: 10)
        // A window from 5 s before the left end on would be full enough with what is live.
        #expect(session.coverage.creditedFrom == nil)
    }

    @Test("copies of the same Tweet are no evidence")
    func repeated() throws {
        var session = DrivenSession(backfillAsked: true)
        for second in Int64(-100)..<0 {
            let number = UInt64(at(second).milliseconds - TweetID.snowflakeEpoch) << 22
            let id = try #require(TweetID(number))
            for _ in 0..<10 { session.coverage.read(id) }
        }
        session.acknowledge(0, 1000)
        try session.stream(0..<140)
        #expect(session.coverage.creditedFrom == nil)
    }

    @Test("the baseline is the session's own first minute after the left end: what flows later does not count")
    func baseline() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<0, rate: 5)
        try session.stream(0..<65, rate: 10)
        try session.stream(65..<200, rate: 2)
        #expect(session.coverage.creditedFrom == nil)
        var other = DrivenSession(backfillAsked: true)
        try other.backfill(-100..<0, rate: 10)
        try other.stream(0..<5, rate: 100)
        try other.stream(5..<65, rate: 10)
        try other.stream(65..<200, rate: 100)
        #expect(other.coverage.creditedFrom == at(-90))
    }

    @Test("a session that closes before the decision earns none")
    func early() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<0)
        try session.stream(0..<50)
        session.coverage.finish(now: clock(51))
        session.settle(isOver: true)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom == nil)
    }

    @Test("a stream of fewer than ten Tweets a second earns none: chance alone could make half a backfill look full")
    func thinStream() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-100..<0, rate: 9)
        try session.stream(0..<140, rate: 9)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom == nil)
    }

    @Test("no more than six minutes are credited, whatever comes")
    func most() throws {
        var session = DrivenSession(backfillAsked: true)
        try session.backfill(-1000..<0)
        try session.stream(0..<140)
        #expect(session.coverage.creditedFrom == at(5 - 360 + 10))
    }

    @Test("a short slack shortens it, but never below what chance needs", arguments: [2, 10, 30] as [Int64])
    func shortSlack(slack: Int64) throws {
        var session = DrivenSession(slack: slack, backfillAsked: true)
        try session.backfill(-60..<0)
        try session.stream(0..<(5 + max(4, slack / 2)))
        #expect(!session.coverage.isBackfillDecided)
        try session.stream((5 + max(4, slack / 2))..<60)
        let distance = Duration.milliseconds(max(2000, slack * 1000 / 12))
        #expect(session.coverage.creditedFrom == at(-60) + distance)
    }
}

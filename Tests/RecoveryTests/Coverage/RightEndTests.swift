import Recovery
import Testing
import Tweets

@Suite("The right end of a claim")
struct RightEndTests {
    @Test("the claim begins 5 s after the server's clock and ends a slack before the acknowledged frontier")
    func interval() throws {
        var session = DrivenSession()
        try session.stream(0..<126)
        #expect(session.coverage.covered == nil)
        try session.stream(126..<200)
        #expect(session.coverage.covered == span(5, 199 - 120))
    }

    @Test("a Date that is behind the creation times moves the left end right, by the lead and the margin once more")
    func dateBehind() throws {
        var session = DrivenSession()
        try session.stream(0..<300, lag: -30)
        let lead = session.coverage.clockLead
        #expect(abs(lead.milliseconds - 30_000) <= 1000)
        #expect(session.coverage.covered?.from == at(5) + lead + .seconds(5))
        var exact = DrivenSession()
        try exact.stream(0..<300, lag: 0)
        #expect(exact.coverage.clockLead == .zero)
        #expect(exact.coverage.covered?.from == at(5))
    }

    @Test("nothing counts before every record read up to that second is acknowledged")
    func acknowledgements() throws {
        var session = DrivenSession()
        try session.stream(0..<200)
        let before = session.coverage.rightEnd
        let stuck = session.coverage.slot
        try session.read([200, 200.1])
        session.acknowledge(stuck, 1)
        _ = session.coverage.advance(to: clock(201))
        try session.stream(201..<260)
        #expect(session.coverage.rightEnd == before)
        session.acknowledge(stuck, 1)
        session.settle()
        #expect(session.coverage.rightEnd == at(259 - 120))
    }

    @Test("acknowledgements that come in any order count in the order of reading")
    func order() throws {
        var session = DrivenSession()
        var slots: [Int] = []
        for second in Int64(0)..<300 {
            slots.append(session.coverage.slot)
            try session.read([Double(second)])
            _ = session.coverage.advance(to: clock(second + 1))
        }
        for second in (1..<300).reversed() {
            session.acknowledge(slots[second], 1)
            session.settle()
            #expect(session.coverage.rightEnd == nil)
        }
        session.acknowledge(slots[0], 1)
        session.settle()
        #expect(session.coverage.rightEnd == at(299 - 120))
    }

    @Test("deletes and other records wait to be acknowledged too, and make no frontier")
    func others() throws {
        var session = DrivenSession()
        session.coverage.readOther()
        _ = session.coverage.advance(to: clock(1))
        session.settle()
        #expect(!session.coverage.isSettled)
        session.acknowledge(0, 1)
        session.settle()
        #expect(session.coverage.isSettled)
        #expect(session.coverage.rightEnd == nil)
    }

    @Test("heartbeats make no frontier: a minute of them and a cut claims nothing of the minute")
    func heartbeats() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        let before = session.coverage.covered
        for second in Int64(300)..<360 {
            session.coverage.received(at: clock(second))
            session.settle()
        }
        session.coverage.finish(now: clock(360))
        session.settle(isOver: true)
        #expect(session.coverage.covered == before)
    }

    @Test("a lagging stream claims only what its Tweets' own times prove")
    func lag() throws {
        var session = DrivenSession()
        try session.stream(0..<600, lag: 300)
        #expect(session.coverage.covered == span(5, 599 - 300 - 120))
    }

    @Test("it never moves back, also when older Tweets come later")
    func monotone() throws {
        var session = DrivenSession()
        try session.stream(0..<300)
        let before = session.coverage.rightEnd
        try session.stream(300..<400, lag: 200)
        #expect(session.coverage.rightEnd == before)
    }

    @Test(
        "the frontier is the Tweet that one in a hundred is older than; of fewer than a hundred the oldest",
        arguments: [(1, 0), (2, 0), (99, 0), (100, 1), (199, 1), (200, 2), (2900, 29), (16384, 163)]
    )
    func quantile(count: Int, rank: Int) throws {
        var session = DrivenSession()
        // Neighbours in age are far apart in the order of reading.
        let ages = (0..<count).map { Double($0 * 7919 % count) }
        try session.second(40, ages.map { $0 / 1000 })
        #expect(session.coverage.frontier == at(0) + .milliseconds(rank))
    }

    @Test("a second of very many Tweets is judged in parts, by the oldest of their answers")
    func manyTweets() throws {
        var session = DrivenSession()
        let count = 50_000
        try session.second(100, (0..<count).map { Double($0) / 1000 })
        // A hundredth of the first part of 16,384.
        #expect(session.coverage.frontier == at(0) + .milliseconds(163))
    }

    @Test("when all slots wait, the second goes on, and everything counts in the end")
    func manySeconds() throws {
        var session = DrivenSession()
        var counts = [Int](repeating: 0, count: SessionCoverage.slotCount)
        let last = Int64(SessionCoverage.slotCount + 500)
        for second in 0..<last {
            try session.read([Double(second)])
            counts[session.coverage.slot] += 1
            _ = session.coverage.advance(to: clock(second + 1))
        }
        session.settle()
        #expect(session.coverage.covered == nil)
        session.coverage.finish(now: clock(last))
        for slot in counts.indices { session.acknowledge(slot, counts[slot]) }
        session.settle()
        let isSettled = session.coverage.isSettled
        #expect(isSettled)
        // The long second is not over and makes no frontier.
        #expect(session.coverage.rightEnd == at(Int64(SessionCoverage.slotCount) - 2 - 120))
    }

    @Test("a second in which one Tweet of the long wait is unacknowledged holds everything behind it")
    func stuckProducer() throws {
        var session = DrivenSession()
        try session.stream(0..<200)
        let before = session.coverage.covered
        let stuck = session.coverage.slot
        for second in Int64(200)..<2000 {
            try session.read([Double(second)])
            if session.coverage.slot != stuck { session.acknowledge(session.coverage.slot, 1) }
            _ = session.coverage.advance(to: clock(second + 1))
            session.settle()
        }
        #expect(session.coverage.covered == before)
        session.coverage.finish(now: clock(2000))
        session.settle(isOver: true)
        #expect(session.coverage.covered == before)
    }

    @Test("the part of a second that a session ends with makes no frontier: it may hold fresh Tweets by chance")
    func partOfSecond() throws {
        var session = DrivenSession()
        try session.stream(0..<400, lag: 200)
        let before = session.coverage.covered
        try session.read([400])
        session.acknowledge(session.coverage.slot, 1)
        session.coverage.finish(now: clock(400))
        session.settle(isOver: true)
        let (isSettled, covered) = (session.coverage.isSettled, session.coverage.covered)
        #expect(isSettled)
        #expect(covered == before)
    }

    @Test("another session on the same counters begins at what they stand at")
    func countersGoOn() throws {
        var first = DrivenSession()
        try first.stream(0..<200)
        let counters = first.acknowledged
        var coverage = SessionCoverage(
            rule: CoverageRule(slack: .seconds(120)),
            carriesTweets: true,
            serverDate: at(0),
            openedAt: clock(0),
            backfillAsked: false,
            acknowledged: { counters[$0] }
        )
        coverage.readOther()
        _ = coverage.advance(to: clock(1))
        coverage.settle { counters[$0] }
        #expect(!coverage.isSettled)
    }

    @Test("an answer without Date claims nothing, whatever comes")
    func withoutDate() throws {
        var session = DrivenSession(backfillAsked: true, serverDate: nil)
        try session.backfill(-100..<0)
        try session.stream(0..<400)
        #expect(session.coverage.covered == nil)
        #expect(session.coverage.isBackfillDecided)
    }
}

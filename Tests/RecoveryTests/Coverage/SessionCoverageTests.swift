import Recovery
import Testing
import Tweets

/// A session that is driven by hand: Tweets in, acknowledgements in, claims out.
private struct Session {
    let opened = at(0)
    var coverage: SessionCoverage
    var acknowledged = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
    private var sequence: UInt64 = 0

    init(slack: Int64 = 120, backfillAsked: Bool = false, carriesTweets: Bool = true) {
        coverage = SessionCoverage(
            rule: CoverageRule(slack: .seconds(slack)),
            carriesTweets: carriesTweets,
            serverDate: at(0),
            openedAt: clock(0),
            backfillAsked: backfillAsked
        )
    }

    /// Reads Tweets created at those seconds, in the present second.
    mutating func read(_ createdAt: [Double]) throws {
        for second in createdAt {
            let time = at(0) + .milliseconds(Int64(second * 1000))
            sequence += 1
            let number = UInt64(time.milliseconds - TweetID.snowflakeEpoch) << 22 | sequence & 0x3F_FFFF
            coverage.read(try #require(TweetID(number)))
        }
    }

    mutating func acknowledge(_ slot: Int, _ count: Int) {
        acknowledged[slot] += UInt64(count)
    }

    mutating func settle(isOver: Bool = false) {
        let counters = acknowledged
        coverage.settle(isOver: isOver) { counters[$0] }
    }

    /// Reads `rate` Tweets of each second of event time in the same second of the clock, all acknowledged.
    mutating func stream(_ seconds: Range<Int64>, rate: Int = 10) throws {
        for second in seconds {
            try read((0..<rate).map { Double(second) + Double($0) / Double(rate) })
            acknowledge(coverage.slot, rate)
            _ = coverage.advance(to: clock(second + 1))
            settle()
        }
    }
}

@Suite("What a session may claim")
struct SessionCoverageTests {
    @Test("the claim begins 5 s after the server's clock and ends a slack before the acknowledged frontier")
    func interval() throws {
        var session = Session()
        try session.stream(0..<126)
        #expect(session.coverage.covered == nil)
        try session.stream(126..<200)
        let covered = try #require(session.coverage.covered)
        #expect(covered.from == at(5))
        #expect(covered.to <= at(199 - 120))
        #expect(covered.to > at(198 - 120))
    }

    @Test("nothing counts before every record read up to that second is acknowledged")
    func acknowledgements() throws {
        var session = Session()
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
        let rightEnd = try #require(session.coverage.rightEnd)
        #expect(rightEnd > at(137))
    }

    @Test("deletes and other records wait to be acknowledged too, and make no frontier")
    func others() throws {
        var session = Session()
        session.coverage.readOther()
        _ = session.coverage.advance(to: clock(1))
        session.settle()
        #expect(!session.coverage.isSettled)
        session.acknowledge(0, 1)
        session.settle()
        #expect(session.coverage.isSettled)
        #expect(session.coverage.rightEnd == nil)
    }

    @Test("a lagging stream claims only what its Tweets' own times prove")
    func lag() throws {
        var session = Session()
        for second in Int64(0)..<600 {
            try session.read((0..<10).map { Double(second) - 300 + Double($0) / 10 })
            session.acknowledge(session.coverage.slot, 10)
            _ = session.coverage.advance(to: clock(second + 1))
            session.settle()
        }
        #expect(session.coverage.covered?.to ?? at(0) <= at(600 - 300 - 120))
        #expect(session.coverage.covered?.to ?? at(0) > at(600 - 300 - 123))
    }

    @Test("one late Tweet in a hundred does not hold the frontier back, two do")
    func quantile() throws {
        var session = Session()
        try session.read([1] + (0..<100).map { 10 + Double($0) / 100 })
        session.acknowledge(0, 101)
        _ = session.coverage.advance(to: clock(11))
        session.settle()
        #expect(session.coverage.frontier ?? at(0) >= at(9))
        var other = Session()
        try other.read([1, 2] + (0..<98).map { 10 + Double($0) / 100 })
        other.acknowledge(0, 100)
        _ = other.coverage.advance(to: clock(11))
        other.settle()
        #expect(other.coverage.frontier ?? at(100) <= at(2))
    }

    @Test("an ID from the future claims no more than the server's own present")
    func future() throws {
        var session = Session()
        try session.read([1_000_000])
        session.acknowledge(0, 1)
        _ = session.coverage.advance(to: clock(300))
        session.settle()
        #expect(session.coverage.frontier == at(300))
    }

    @Test("backfill that came is credited, less a twelfth of the slack, once the frontier is half a slack beyond")
    func credit() throws {
        var session = Session(backfillAsked: true)
        for second in Int64(-100)..<0 { try session.read((0..<10).map { Double(second) + Double($0) / 10 }) }
        session.acknowledge(0, 1000)
        try session.stream(0..<64)
        #expect(!session.coverage.isBackfillDecided)
        try session.stream(64..<140)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom == at(-90))
    }

    @Test("backfill that was asked and did not come earns nothing, though latency fills the last seconds")
    func noBackfill() throws {
        var session = Session(backfillAsked: true)
        for second in Int64(-4)..<0 { try session.read((0..<6).map { Double(second) + Double($0) / 10 }) }
        session.acknowledge(0, 24)
        try session.stream(0..<140)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom ?? at(5) >= at(5))
        #expect(session.coverage.covered?.from == at(5))
    }

    @Test("backfill is credited only back to its first hole")
    func partialBackfill() throws {
        var session = Session(backfillAsked: true)
        for second in Int64(-100)..<0 where !(-53 ..< -50).contains(second) {
            try session.read((0..<10).map { Double(second) + Double($0) / 10 })
        }
        session.acknowledge(0, 970)
        try session.stream(0..<140)
        #expect(session.coverage.creditedFrom ?? at(0) >= at(-50))
        #expect(session.coverage.creditedFrom ?? at(0) < at(-30))
    }

    @Test("copies of the same Tweet are no evidence")
    func repeated() throws {
        var session = Session(backfillAsked: true)
        let id = try #require(TweetID(UInt64(at(-1).milliseconds - TweetID.snowflakeEpoch) << 22))
        for _ in 0..<1000 { session.coverage.read(id) }
        session.acknowledge(0, 1000)
        try session.stream(0..<140)
        #expect(session.coverage.creditedFrom == nil)
    }

    @Test("a session that ends before the decision earns none")
    func early() throws {
        var session = Session(backfillAsked: true)
        for second in Int64(-100)..<0 { try session.read((0..<10).map { Double(second) + Double($0) / 10 }) }
        session.acknowledge(0, 1000)
        try session.stream(0..<50)
        session.coverage.finish(now: clock(51))
        session.settle(isOver: true)
        #expect(session.coverage.isBackfillDecided)
        #expect(session.coverage.creditedFrom == nil)
    }

    @Test("a lost Tweet is a hole of its second, a lost message without an ID a hole of all that it can have been")
    func holes() throws {
        var session = Session()
        try session.stream(0..<300)
        session.coverage.lost(createdAt: at(250) + .milliseconds(300))
        #expect(session.coverage.holes == [span(250, 251)])
        session.coverage.lost(createdAt: at(250) + .milliseconds(900))
        #expect(session.coverage.holes == [span(250, 251)])
        session.coverage.lost(createdAt: nil)
        let hole = try #require(session.coverage.holes.last)
        #expect(hole.from <= at(299 - 120))
        #expect(hole.to > at(299))
    }

    @Test("more holes than a record should carry become one that spans them")
    func manyHoles() {
        var session = Session()
        let count = Int64(SessionCoverage.holesMax)
        for number in 0..<count { session.coverage.lost(createdAt: at(number * 10)) }
        #expect(session.coverage.holes.count == SessionCoverage.holesMax)
        session.coverage.lost(createdAt: at(count * 10))
        #expect(session.coverage.holes == [span(0, count * 10 + 1)])
    }

    @Test("compliance claims up to the end of the last acknowledged second, by the server's clock")
    func compliance() {
        var session = Session(carriesTweets: false)
        for second in Int64(0)..<20 {
            session.coverage.readOther()
            if second != 15 { session.acknowledge(session.coverage.slot, 1) }
            _ = session.coverage.advance(to: clock(second + 1))
            session.settle()
        }
        #expect(session.coverage.covered == span(5, 15))
    }

    @Test("when all slots wait, the second goes on, and everything counts in the end")
    func manySeconds() throws {
        var session = Session()
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
        let (isSettled, covered) = (session.coverage.isSettled, session.coverage.covered)
        #expect(isSettled)
        #expect(covered != nil)
    }
}

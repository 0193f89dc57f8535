import Testing
import Tweets

@testable import Services

@Suite("What control says about a connection's name")
struct ConnectionHistoryTests {
    private static let first = StreamPartition(product: .sample10, number: 1)
    private static let second = StreamPartition(product: .sample10, number: 2)

    private static func session(
        _ name: String,
        host: String,
        stream: StreamPartition = first,
        connection: String = "a",
        sequence: Int64 = 1,
        covered: EventInterval? = nil
    ) -> SessionRecord {
        var record = SessionRecord(
            connection: connection,
            stream: stream,
            session: name,
            host: host,
            serverDate: Instant(seconds: 1000),
            localDate: Instant(seconds: 1000),
            backfill: .init(askedMinutes: 1)
        )
        record.sequence = sequence
        record.covered = covered
        return record
    }

    private static func claim(by host: String, to stream: StreamPartition = first) -> ClaimRecord {
        ClaimRecord(connection: "a", stream: stream, host: host, at: Instant(seconds: 1000))
    }

    @Test("of several that take over at once exactly the one keeps the name whose claim came last")
    func claims() {
        for order in [["x", "y", "z"], ["z", "y", "x"], ["x", "y", "x"]] {
            var history = ConnectionHistory(connection: "a")
            history.caughtUp()
            for host in order { history.take(Self.claim(by: host)) }
            let keepers = ["x", "y", "z"].filter { history.claim(to: Self.first, notOf: $0) == nil }
            #expect(keepers == [order[2]])
            #expect(history.claim(to: Self.first, notOf: "holder")?.host == order[2])
        }
    }

    @Test("whoever claimed the name gives way to no elder session, which gives way to the claim, also to one before it")
    func claimBeforeAge() {
        for isClaimedLater in [false, true] {
            let (elder, claimant) = (Self.session("20260101-1", host: "x"), Self.session("20260101-2", host: "y"))
            // What x sees, which may have started after the claim.
            var history = ConnectionHistory(connection: "a")
            if isClaimedLater { history.caughtUp() }
            history.take(Self.claim(by: "y"))
            history.caughtUp()
            #expect((history.claim(to: Self.first, notOf: "x") != nil) == isClaimedLater)
            history.take(elder)
            history.take(claimant)
            #expect(history.claim(to: Self.first, notOf: "x")?.host == "y")
            #expect(history.claim(to: Self.first, notOf: "y") == nil)
            #expect(history.elder(than: claimant) == nil)
        }
    }

    @Test("a claim to one stream partition is none to another, and one from before the start is none at all")
    func otherClaims() {
        var history = ConnectionHistory(connection: "a")
        history.take(Self.claim(by: "old"))
        history.caughtUp()
        history.take(Self.claim(by: "x", to: Self.second))
        #expect(history.claim(to: Self.first, notOf: "holder") == nil)
        #expect(history.claim(to: Self.second, notOf: "holder")?.host == "x")
    }

    @Test("of two that started together the greater session key yields, and only that one")
    func elder() {
        var history = ConnectionHistory(connection: "a")
        history.caughtUp()
        let (one, other) = (Self.session("20260101-1", host: "x"), Self.session("20260101-2", host: "y"))
        history.take(one)
        history.take(other)
        #expect(history.elder(than: other)?.host == "x")
        #expect(history.elder(than: one) == nil)
    }

    @Test("a session of another stream partition or connection, closed or dead, makes nobody yield")
    func noElder() {
        let mine = Self.session("20260101-2", host: "y")
        var history = ConnectionHistory(connection: "a")
        history.take(Self.session("20260101-0", host: "dead"))
        history.caughtUp()
        history.take(Self.session("20260101-1", host: "x", stream: Self.second))
        history.take(Self.session("20260101-1", host: "x", connection: "b"))
        var closed = Self.session("20260101-1", host: "x")
        closed.closed = .shutdown
        history.take(closed)
        // A repeated record is no further one.
        history.take(Self.session("20260101-0", host: "dead"))
        #expect(history.elder(than: mine) == nil)
        history.take(Self.session("20260101-0", host: "dead", sequence: 2))
        #expect(history.elder(than: mine)?.host == "dead")
    }

    @Test("backfill begins at the greatest right end of the stream partition's sessions, on whatever host they ran")
    func rightEnd() {
        func covered(_ seconds: Int64) -> EventInterval {
            EventInterval(from: Instant(seconds: 0), to: Instant(seconds: seconds))
        }
        var history = ConnectionHistory(connection: "a")
        #expect(history.rightEnd(of: Self.first) == nil)
        #expect(!history.isKnown(Self.first))
        history.take(Self.session("1", host: "x", covered: covered(50)))
        history.take(Self.session("2", host: "y", covered: covered(40)))
        history.take(Self.session("3", host: "y"))
        history.take(Self.session("4", host: "y", stream: Self.second, covered: covered(90)))
        history.take(Self.session("5", host: "y", connection: "b", covered: covered(95)))
        #expect(history.rightEnd(of: Self.first) == Instant(seconds: 50))
        #expect(history.isKnown(Self.first))
    }

    @Test("a stream partition whose sessions were folded away is known all the same")
    func folded() {
        var history = ConnectionHistory(connection: "a")
        history.take(
            LedgerRecord(
                stream: Self.first,
                from: Instant(seconds: 0),
                to: Instant(seconds: 50),
                covered: [],
                byConnection: [:],
                filled: [],
                unrecoverable: [],
                knownOffset: 1,
                updatedAt: Instant(seconds: 60)
            )
        )
        #expect(history.rightEnd(of: Self.first) == nil)
        #expect(history.isKnown(Self.first))
        #expect(!history.isKnown(Self.second))
    }
}

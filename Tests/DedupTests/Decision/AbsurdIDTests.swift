import Testing
import Tweets

@testable import Dedup

@Suite("Late and absurd IDs")
struct AbsurdIDTests {
    static let timing = DedupCoreTests.timing
    static let now = Instant(seconds: 1_800_000_000)
    static let live = CopyOrigin(source: .live, connection: 1, stream: 1)

    static func record(_ id: TweetID, isDelete: Bool = false, at received: Instant = now) -> RawRecord {
        RawRecord(id: id, isDelete: isDelete, received: received, origin: live)
    }

    /// A core that has seen a Tweet of the present.
    static func core() -> DedupCore {
        var core = DedupCore(timing: timing)
        _ = core.decide(record(TweetID(earliestAt: now)))
        core.commit()
        return core
    }

    @Test("an ID from before snowflakes is late, its delete is passed on twice, and neither moves time")
    func beforeSnowflakes() throws {
        for number in [1, 20, TweetID.firstSnowflake - 1] {
            var core = Self.core()
            let id = try #require(TweetID(number))
            #expect(core.decide(Self.record(id)) == .late)
            #expect(core.decide(Self.record(id)) == .late)
            #expect(core.decide(Self.record(id, isDelete: true)) == .deletedLate(timestamp: Self.now))
            #expect(core.progress.streamTime == Self.now)
            #expect(core.open.late == 3)
            #expect(core.changes(number: 2, nextOffset: 2).entries.isEmpty, "late ones have no state")
            core.commit()
            #expect(core.committed.decided == 4)
        }
    }

    @Test("even as the very first record it does not begin time")
    func firstRecord() throws {
        var core = DedupCore(timing: Self.timing)
        let old = try #require(TweetID(20))
        #expect(core.decide(Self.record(old)) == .late)
        #expect(core.progress == DedupProgress())
        let ahead = TweetID(earliestAt: Self.now + .seconds(86_400))
        #expect(core.decide(Self.record(ahead)) == .emitted(timestamp: Self.now))
        #expect(core.progress == DedupProgress())
    }

    @Test("the late line itself is in time, a millisecond before it is late")
    func lateLine() throws {
        var core = Self.core()
        let line = try #require(core.progress.lateLine)
        #expect(line == Self.now - Self.timing.horizon)
        let inTime = TweetID(earliestAt: line)
        let tooLate = try #require(TweetID(inTime.rawValue - 1))
        #expect(core.decide(Self.record(inTime)) == .emitted(timestamp: Self.now), "older than the recovery window")
        #expect(core.decide(Self.record(inTime)) == .duplicate)
        #expect(core.decide(Self.record(tooLate)) == .late)
        #expect(core.decide(Self.record(tooLate, isDelete: true)) == .deletedLate(timestamp: Self.now))
        core.commit()
        #expect(core.decide(Self.record(inTime)) == .duplicate, "the bucket of the late line is kept")
    }

    @Test("five minutes ahead of its receipt an ID moves time, a millisecond more and it does not")
    func fiveMinutes() {
        var core = Self.core()
        let limit = Self.now + .seconds(300)
        let beyond = TweetID(earliestAt: limit + .milliseconds(1))
        #expect(core.decide(Self.record(beyond)) == .emitted(timestamp: Self.now))
        #expect(core.progress.streamTime == Self.now)
        #expect(core.open.farFuture == 1)
        let within = TweetID(earliestAt: limit)
        #expect(core.decide(Self.record(within)) == .emitted(timestamp: limit))
        #expect(core.progress.streamTime == limit)
        #expect(core.open.farFuture == 1)
    }

    @Test("the greatest ID there can be is emitted once, and its delete keeps it deleted")
    func greatest() throws {
        var core = Self.core()
        let id = try #require(TweetID(UInt64(Int64.max)))
        #expect(core.decide(Self.record(id)) == .emitted(timestamp: Self.now))
        #expect(core.decide(Self.record(id)) == .duplicate)
        #expect(core.decide(Self.record(id, isDelete: true)) == .deleted(timestamp: Self.now))
        core.commit()
        #expect(core.decide(Self.record(id)) == .suppressed)
        #expect(core.decide(Self.record(id, isDelete: true)) == .deletedAgain)
    }

    @Test("one from the far future expires by the time it was received, wherever transactions end")
    func expiry() {
        let ahead = TweetID(earliestAt: Self.now + .seconds(400 * 86_400))
        let horizon = Self.timing.horizon
        for commits in [true, false] {
            var core = Self.core()
            #expect(core.decide(Self.record(ahead)) == .emitted(timestamp: Self.now))
            let last = Self.now + horizon
            _ = core.decide(Self.record(TweetID(earliestAt: last), at: last))
            if commits { core.commit() }
            #expect(core.decide(Self.record(ahead, at: last)) == .duplicate)
            let over = last + .milliseconds(1)
            _ = core.decide(Self.record(TweetID(earliestAt: over), at: over))
            if commits { core.commit() }
            #expect(core.decide(Self.record(ahead, at: over)) == .emitted(timestamp: over))
            #expect(core.decide(Self.record(ahead, at: over)) == .duplicate)
        }
    }

    @Test("one that time catches up with stays known until it is late itself")
    func caughtUp() throws {
        var core = Self.core()
        let created = Self.now + .seconds(7200)
        let id = TweetID(earliestAt: created)
        #expect(core.decide(Self.record(id)) == .emitted(timestamp: Self.now))
        core.commit()
        // Received so long ago that it would have expired, were it not an ordinary one by now.
        let later = Self.now + Self.timing.horizon + .seconds(60)
        _ = core.decide(Self.record(TweetID(earliestAt: later), at: later))
        core.commit()
        #expect(core.decide(Self.record(id, at: later)) == .duplicate)
        let end = created + Self.timing.horizon + .seconds(1)
        _ = core.decide(Self.record(TweetID(earliestAt: end), at: end))
        core.commit()
        #expect(core.decide(Self.record(id, at: end)) == .late)
    }

    @Test("a copy that claims to be received before all is late, not from the future, once the horizon is past it")
    func receivedLongAgo() throws {
        var core = Self.core()
        let old = Self.now - Self.timing.horizon - .seconds(7200)
        let id = TweetID(earliestAt: old)
        #expect(core.decide(Self.record(id, at: old - .seconds(3600))) == .late)
    }

    @Test("an undo takes a far-future ID and its delete back")
    func undo() {
        var core = Self.core()
        let id = TweetID(earliestAt: Self.now + .seconds(86_400))
        #expect(core.decide(Self.record(id)) == .emitted(timestamp: Self.now))
        core.undo()
        #expect(core.decide(Self.record(id)) == .emitted(timestamp: Self.now))
        core.commit()
        #expect(core.decide(Self.record(id, isDelete: true)) == .deleted(timestamp: Self.now))
        core.undo()
        #expect(core.decide(Self.record(id)) == .duplicate)
    }
}

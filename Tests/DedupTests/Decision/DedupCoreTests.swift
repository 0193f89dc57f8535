import Testing
import Tweets

@testable import Dedup

@Suite("Decisions on one Kafka partition")
struct DedupCoreTests {
    static let timing = DedupTiming(
        horizon: .seconds(3 * 3600),
        recoveryWindow: .seconds(3600),
        deliverySlack: .seconds(30)
    )

    @Test("are those of plain dictionaries, whatever is aborted in between", arguments: Seeds.draw(3))
    func model(seed: UInt64) {
        var traffic = Traffic(seed: seed)
        var core = DedupCore(timing: Self.timing)
        var plain = PlainDedup(timing: Self.timing)
        var read = 0
        var kinds: Set<String> = []
        for transaction in 0..<400 {
            let records = (0..<Int.random(in: 1...60, using: &traffic.generator)).map { _ in traffic.next() }
            let attempts = traffic.generator.chance(0.2) ? 2 : 1
            for attempt in 1...attempts {
                var trial = plain
                // An aborted attempt may have come only so far.
                let count =
                    attempt == attempts ? records.count : Int.random(in: 1...records.count, using: &traffic.generator)
                for record in records.prefix(count) {
                    let verdict = core.decide(record)
                    #expect(verdict == trial.decide(record), "seed \(seed) transaction \(transaction) \(record)")
                    kinds.insert("\("\(verdict)".prefix { $0 != "(" })")
                }
                #expect(core.open.decided == count)
                #expect(core.progress == DedupProgress(streamTime: trial.streamTime, lateLine: trial.lateLine))
                guard attempt == attempts else {
                    core.undo()
                    continue
                }
                core.commit()
                plain = trial
            }
            #expect(core.progress == DedupProgress(streamTime: plain.streamTime, lateLine: plain.lateLine))
            read += records.count
        }
        #expect(core.committed.decided == read)
        #expect(core.committed.emitted > 1000)
        #expect(kinds.count == 8, "every verdict must have been given: \(kinds.sorted())")
    }

    @Test("a delete before its Tweet, between its copies and twice never brings it back")
    func deletes() throws {
        var core = DedupCore(timing: Self.timing)
        let now = Instant(seconds: 1_800_000_000)
        let first = TweetID(earliestAt: now)
        let second = try #require(TweetID(first.rawValue + 1))
        let live = CopyOrigin(source: .live, connection: 1, stream: 1)
        func record(_ id: TweetID, isDelete: Bool, origin: CopyOrigin = live) -> RawRecord {
            RawRecord(id: id, isDelete: isDelete, received: now, origin: origin)
        }
        #expect(core.decide(record(first, isDelete: true)) == .deleted(timestamp: now))
        #expect(core.decide(record(first, isDelete: false)) == .suppressed)
        #expect(core.decide(record(first, isDelete: true)) == .deletedAgain)
        let own = CopyOrigin(source: nil, connection: 0, stream: 0, isOwn: true)
        #expect(core.decide(record(first, isDelete: true, origin: own)) == .ownTombstone)
        #expect(core.decide(record(second, isDelete: false)) == .emitted(timestamp: now))
        #expect(core.decide(record(second, isDelete: true)) == .deleted(timestamp: now))
        #expect(core.decide(record(second, isDelete: false)) == .suppressed)
        core.commit()
        #expect(core.decide(record(second, isDelete: false)) == .suppressed)
    }

    @Test("our own tombstone for an ID that is not known as deleted deletes it")
    func ownTombstoneOfUnknown() {
        var core = DedupCore(timing: Self.timing)
        let now = Instant(seconds: 1_800_000_000)
        let own = CopyOrigin(source: nil, connection: 0, stream: 0, isOwn: true)
        let record = RawRecord(id: TweetID(earliestAt: now), isDelete: true, received: now, origin: own)
        #expect(core.decide(record) == .deleted(timestamp: now))
    }

    @Test("an ID from the far future is emitted once, and moves no time")
    func farFuture() {
        var core = DedupCore(timing: Self.timing)
        let now = Instant(seconds: 1_800_000_000)
        let live = CopyOrigin(source: .live, connection: 1, stream: 1)
        let ahead = TweetID(earliestAt: now + .seconds(400 * 86_400))
        let present = TweetID(earliestAt: now)
        func record(_ id: TweetID, at received: Instant) -> RawRecord {
            RawRecord(id: id, isDelete: false, received: received, origin: live)
        }
        #expect(core.decide(record(present, at: now)) == .emitted(timestamp: now))
        #expect(core.decide(record(ahead, at: now)) == .emitted(timestamp: now))
        core.commit()
        #expect(core.progress.streamTime == now)
        #expect(core.decide(record(ahead, at: now + .seconds(60))) == .duplicate)
        #expect(core.committed.farFuture == 1)
    }

    @Test("a copy that was received earlier, and so seems far ahead, is a duplicate of the ordinary one")
    func aheadOfAnOrdinaryCopy() {
        var core = DedupCore(timing: Self.timing)
        let now = Instant(seconds: 1_800_000_000)
        let live = CopyOrigin(source: .live, connection: 1, stream: 1)
        let id = TweetID(earliestAt: now + .seconds(299))
        func record(isDelete: Bool, at received: Instant) -> RawRecord {
            RawRecord(id: id, isDelete: isDelete, received: received, origin: live)
        }
        #expect(core.decide(record(isDelete: false, at: now)) == .emitted(timestamp: now + .seconds(299)))
        #expect(core.decide(record(isDelete: false, at: now - .seconds(2))) == .duplicate)
        #expect(core.decide(record(isDelete: true, at: now - .seconds(2))) == .deleted(timestamp: now - .seconds(2)))
        #expect(core.decide(record(isDelete: false, at: now - .seconds(2))) == .suppressed)
    }

    @Test("a longer horizon grows into force, since the late line never moves back")
    func longerHorizon() {
        let long = DedupTiming(
            horizon: .seconds(10 * 3600),
            recoveryWindow: .seconds(3600),
            deliverySlack: .seconds(30)
        )
        let now = Instant(seconds: 1_800_000_000)
        let line = now - .seconds(3 * 3600)
        var core = DedupCore(
            timing: long,
            progress: DedupProgress(streamTime: now, lateLine: line),
            window: DedupWindow(),
            farFuture: FarFutureSet()
        )
        let live = CopyOrigin(source: .live, connection: 1, stream: 1)
        let old = TweetID(earliestAt: line - .seconds(1))
        #expect(core.decide(RawRecord(id: old, isDelete: false, received: now, origin: live)) == .late)
        let later = TweetID(earliestAt: now + .seconds(60))
        _ = core.decide(RawRecord(id: later, isDelete: false, received: now + .seconds(60), origin: live))
        #expect(core.progress.lateLine == line)
    }

    @Test("reading the same records twice gives the same decisions")
    func replay() {
        var traffic = Traffic(seed: 11)
        let records = (0..<5000).map { _ in traffic.next() }
        func run(commitEvery size: Int) -> [DedupVerdict] {
            var core = DedupCore(timing: Self.timing)
            return records.enumerated().map { index, record in
                defer { if index % size == 0 { core.commit() } }
                return core.decide(record)
            }
        }
        let once = run(commitEvery: 50)
        #expect(run(commitEvery: 50) == once)
        #expect(run(commitEvery: 1) == once, "where transactions end must not matter")
        #expect(run(commitEvery: 3001) == once, "where transactions end must not matter")
    }
}

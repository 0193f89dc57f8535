import KafkaTestSupport
import Testing
import Tweets

@testable import Services

/// Every crash point of the stage, in a process that dies there, against the truth of what was sent.
@Suite(
    "Exactly once on a real broker, through deaths and take-overs",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct CrashSweepTests {
    /// Where each process dies: late enough that transactions were committed before, and early enough to come about.
    private static let passages: [(point: CrashPoint, count: Int)] = [
        (.beforeBegin, 3), (.afterProduce, 60), (.afterSeen, 3), (.afterSendOffsets, 3), (.insideCommit, 30),
        (.afterCommit, 3), (.duringRestore, 2),
    ]

    private func rig(_ point: CrashPoint) throws -> DedupRig {
        try DedupRig.real(RealBroker.shared().bootstrapServers, prefix: RealBroker.uniqueName(point.rawValue))
    }

    @Test("every crash point is swept")
    func isComplete() {
        #expect(Set(Self.passages.map(\.point)) == Set(CrashPoint.allCases))
    }

    @Test("an instance that died is started again: nothing is missing, twice or risen")
    func sameInstance() async throws {
        try await eachPassage { passage in
            let rig = try rig(passage.point)
            let context = "\(passage.point.rawValue), started again"
            var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 600, secondsAgo: 300)
            let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
            let feed = Feed(traffic, rig)
            if passage.point == .duringRestore { try await firstLife(feed, rig) }
            let dying = try DedupProcess("one", rig, crash: passage)
            feed.start(from: traffic.copies.count / 4)
            #expect(try await dying.end() == 137, "\(context)")
            let second = try DedupProcess("one", rig)
            try await feed.end()
            try await rig.awaitKeys(ends, context)
            second.signal(15)
            try await second.expectCleanEnd(context)
            try rig.expect(traffic, context)
        }
    }

    @Test("an instance died for good, and another takes over: nothing is missing, twice or risen")
    func otherInstance() async throws {
        try await eachPassage { passage in
            let rig = try rig(passage.point)
            let context = "\(passage.point.rawValue), taken over"
            var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 600, secondsAgo: 300)
            let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
            let feed = Feed(traffic, rig)
            if passage.point == .duringRestore { try await firstLife(feed, rig) }
            let dying = try DedupProcess("one", rig, crash: passage)
            let other = try DedupProcess("two", rig)
            feed.start(from: traffic.copies.count / 4)
            #expect(try await dying.end() == 137, "\(context)")
            try await feed.end()
            try await rig.awaitKeys(ends, context)
            other.signal(15)
            try await other.expectCleanEnd(context)
            try rig.expect(traffic, context)
        }
    }

    /// A life before the one that dies, which leaves something to restore.
    private func firstLife(_ feed: Feed, _ rig: DedupRig) async throws {
        let first = try DedupProcess("one", rig)
        let keys = try feed.sendFirst(feed.traffic.copies.count / 4)
        try await rig.awaitKeys(keys, "the first life")
        first.signal(15)
        try await first.expectCleanEnd("the first life")
    }

    private func eachPassage(
        _ body: @escaping @Sendable ((point: CrashPoint, count: Int)) async throws -> Void
    ) async throws {
        try await withThrowingTaskGroup(of: Void.self) { group in
            for passage in Self.passages { group.addTask { try await body(passage) } }
            try await group.waitForAll()
        }
    }
}

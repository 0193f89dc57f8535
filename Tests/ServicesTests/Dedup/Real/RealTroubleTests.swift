import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// What operators meet: a twin, an output that takes nothing, a membership that somebody took.
@Suite(
    "Trouble of the dedup stage on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealTroubleTests {
    private func rig(settings: [String: KafkaProperties] = [:]) throws -> DedupRig {
        try DedupRig.real(
            RealBroker.shared().bootstrapServers,
            prefix: RealBroker.uniqueName("trouble"),
            settings: settings
        )
    }

    private func isLive(_ dedup: RunningDedup) throws -> Bool {
        if case .failure(let error) = dedup.outcome { throw error }
        let partitions = dedup.service.view.partitions
        return partitions.count == DedupRig.partitionCount && partitions.allSatisfy { $0.phase == "live" }
    }

    @Test("of two processes with one instance's name one ends with what to do, the other goes on, exactly once")
    func twins() async throws {
        let rig = try rig()
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 500, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        let feed = Feed(traffic, rig)
        let first = RunningDedup(rig.environment(instance: "one"))
        try await until("the first reads") { try isLive(first) }
        feed.start(from: 50)
        let second = RunningDedup(rig.environment(instance: "one"))
        let twins = [first, second]
        var told: Set<String> = []
        try await until("one of them has given up") {
            #expect(twins.allSatisfy { $0.service.view.unaccounted == 0 })
            for twin in twins { told.formUnion(twin.board.problems) }
            return twins.contains(where: \.hasEnded)
        }
        let loser = try #require(twins.first { $0.outcome != nil })
        let winner = try #require(twins.first { $0 !== loser })
        guard case .failure(let error) = loser.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: loser.outcome))")
            return
        }
        #expect(exit.code == .configuration)
        #expect(exit.description.contains("dedup.instance one"))
        // Also before that: the first time it could still have been a restart.
        #expect(told.contains { $0.contains("Where another process has the same dedup.instance") }, "\(told)")
        try await feed.end()
        try await rig.awaitKeys(ends, "after the twin")
        try await until("the other is ready") { winner.board.problems.isEmpty }
        try await winner.stop()
        try rig.expect(traffic, "twins")
    }

    @Test("while tweets takes no records readiness says so, and all comes out once it does again")
    func outputUnavailable() async throws {
        // More replicas are asked for than there are: each transaction has to be given up.
        let rig = try rig(settings: ["tweets": ["min.insync.replicas": "2"]])
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 200, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await until("it reads") { try isLive(dedup) }
        try rig.send(traffic.copies)
        try await until("it says that transactions fail") {
            #expect(dedup.service.view.unaccounted == 0)
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.board.problems.contains {
                $0.hasPrefix("transactions: ") && $0.contains("--under-min-isr-partitions")
            }
        }
        #expect(try rig.read(rig.names.tweets).isEmpty)
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.replaceSettings(
            of: .topic(rig.names.tweets),
            with: ["min.insync.replicas": "1", "message.timestamp.type": "CreateTime"],
            timeout: .seconds(20)
        )
        try await rig.awaitKeys(ends, "after the trouble")
        try await until("it is ready") {
            #expect(dedup.service.view.unaccounted == 0)
            return dedup.board.problems.isEmpty
        }
        #expect(dedup.service.view.aborts > 0)
        try await dedup.stop()
        try rig.expect(traffic, "output unavailable")
    }

    @Test("an instance whose membership was taken joins again, and is ready though nothing more is to read")
    func readyWhenIdle() async throws {
        let rig = try rig()
        let dedup = RunningDedup(rig.environment(instance: "one"))
        let id = try recentID(secondsAgo: 10)
        try rig.send([RawCopy(id, "{}")])
        try await until("it has read all") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.counts["emitted"] == 1 && dedup.board.problems.isEmpty
        }
        try await takeMembership(of: dedup, rig)
        try await until("it is ready again") {
            if case .failure(let error) = dedup.outcome { throw error }
            return try isLive(dedup) && dedup.board.problems.isEmpty
        }
        try rig.send([RawCopy(id, "{}", connection: "b")])
        try await until("it knows the copy") { dedup.service.view.counts["duplicate"] == 1 }
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)
    }

    @Test("what another instance has left open in raw holds nobody up")
    func openInRaw() async throws {
        let rig = try rig()
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 200, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        // A tombstone of its own into each partition, as for a suppressed copy, and then not another word.
        let dead = try rig.ghost(timeout: .seconds(240))
        try dead.beginTransaction()
        let raw = try dead.topic(rig.names.raw, timeout: DedupRig.patience)
        for partition in 0..<Int32(DedupRig.partitionCount) {
            let key = Array(traffic.copies[0].key.utf8)
            let result = key.withUnsafeBytes { key in
                dead.produce(to: raw, partition: partition, key: key, value: nil, timestampMilliseconds: 0)
            }
            #expect(result == .queued)
        }
        #expect(dead.flush(timeout: DedupRig.patience) { _ in })
        try rig.send(traffic.copies)
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await until("all is decided, the open tombstones too") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.counts.values.reduce(0, +) >= traffic.copies.count + DedupRig.partitionCount
        }
        let keys = Set(try rig.read(rig.names.tweets).map(\.key))
        #expect(keys.isSuperset(of: ends))
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)
        try dead.abortTransaction(timeout: DedupRig.patience) { _ in }
    }

    @Test("a set that is lost while the stage runs stops its partition alone, and readiness says what to do")
    func refusedLater() async throws {
        let rig = try rig()
        let dedup = RunningDedup(rig.environment(instance: "one"))
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 200, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        let half = traffic.copies.count / 2
        try rig.send(Array(traffic.copies[..<half]))
        try await until("half is decided") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.counts.values.reduce(0, +) >= half && dedup.board.problems.isEmpty
        }
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.deleteRecords(
            before: [KafkaPosition(topic: rig.names.seen, partition: 1, offset: KafkaPosition.end)],
            timeout: DedupRig.patience
        )
        try await takeMembership(of: dedup, rig)
        try await until("it says which partition it does not read") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.board.problems.contains {
                $0.hasPrefix("partition 1: ") && $0.contains("changelog is empty")
                    && $0.contains("decahose dedup rebuild")
            }
        }
        try rig.send(Array(traffic.copies[half...]))
        let others = ends.filter { TweetID(UInt64($0) ?? 0).map { DedupRig.partition(of: $0) } != 1 }
        try await rig.awaitKeys(others, "the other partitions")
        #expect(dedup.outcome == nil)
        #expect(dedup.service.view.partitions.first { $0.partition == 1 }?.phase == "refused")
        #expect(dedup.board.problems.contains { $0.hasPrefix("partition 1: ") })
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)
        try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [1])
        let healed = RunningDedup(rig.environment(instance: "one"))
        try await rig.awaitKeys(ends, "after the rebuild")
        try await healed.stop()
        try rig.expect(traffic, "a set that was lost")
    }

    /// Somebody joins under its name, and is gone again once it has noticed.
    private func takeMembership(of dedup: RunningDedup, _ rig: DedupRig) async throws {
        let thief = try KafkaConsumer(
            rig.properties.merging([
                "group.id": rig.names.dedupGroup, "group.instance.id": "one",
                "partition.assignment.strategy": "cooperative-sticky", "enable.auto.commit": "false",
                "auto.offset.reset": "error",
            ]),
            observer: .silent
        )
        try thief.subscribe(to: [rig.names.raw]) { _ in }
        try await until("it notices") {
            _ = thief.poll(timeout: .milliseconds(10))
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.rebuilds > 0
        }
    }
}

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
        try await until("one of them has given up") {
            #expect(twins.allSatisfy { $0.service.view.unaccounted == 0 })
            return twins.contains { $0.outcome != nil }
        }
        let loser = try #require(twins.first { $0.outcome != nil })
        let winner = try #require(twins.first { $0 !== loser })
        guard case .failure(let error) = loser.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: loser.outcome))")
            return
        }
        #expect(exit.code == .configuration)
        #expect(exit.description.contains("dedup.instance one"))
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
            return dedup.board.problems.contains { $0.hasPrefix("transactions: ") }
        }
        print("readiness:", dedup.board.problems)
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
        try await until("it is ready again") {
            if case .failure(let error) = dedup.outcome { throw error }
            return try isLive(dedup) && dedup.board.problems.isEmpty
        }
        try rig.send([RawCopy(id, "{}", connection: "b")])
        try await until("it knows the copy") { dedup.service.view.counts["duplicate"] == 1 }
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)
    }
}

import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// Topics that the stage may not use any more, and may use again.
@Suite(
    "Permissions of the dedup stage on a real broker",
    .enabled(if: AuthorizingBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealPermissionTests {
    @Test("what is not allowed is named in readiness with what to do, and all comes out once it is")
    func unauthorised() async throws {
        let broker = try AuthorizingBroker()
        let (rig, dedup) = try await start(broker)
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 300, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        let third = traffic.copies.count / 3
        try rig.send(Array(traffic.copies[..<third]))
        try await until("a third is read") { try total(dedup) >= third }

        try broker.setPermission(["--topic", rig.names.raw], isAllowed: false)
        try rig.send(Array(traffic.copies[third..<2 * third]))
        try await until("it says that raw may not be read") {
            try problems(dedup).contains { $0.hasPrefix("raw ") && $0.contains("Allow this user to read") }
        }
        try broker.setPermission(["--topic", rig.names.raw], isAllowed: true)
        try await until("two thirds are read") { try total(dedup) >= 2 * third }
        try await until("it is ready again") { try problems(dedup).isEmpty }

        try broker.setPermission(["--topic", rig.names.tweets], isAllowed: false)
        try rig.send(Array(traffic.copies[(2 * third)...]))
        try await until("it says that tweets may not be written") {
            // Whoever may not see a topic is not told that it is there.
            try problems(dedup).contains { $0.contains(rig.names.tweets) && $0.contains("allow this user") }
        }
        try broker.setPermission(["--topic", rig.names.tweets], isAllowed: true)
        try await rig.awaitKeys(ends, "allowed again")
        try await until("it is ready at the end") { try problems(dedup).isEmpty }
        try await dedup.stop()
        try rig.expect(traffic, "permissions")
    }

    @Test("a topic that may be seen but not written to is named, be it the output or raw, which takes the tombstones")
    func writingForbidden() async throws {
        let broker = try AuthorizingBroker()
        let (rig, dedup) = try await start(broker)
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 300, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        let half = traffic.copies.count / 2
        var sent = 0
        for (topic, upTo) in [(rig.names.tweets, half), (rig.names.raw, traffic.copies.count)] {
            try broker.setProhibition("Write", ["--topic", topic], isForbidden: true)
            try rig.send(Array(traffic.copies[sent..<upTo]))
            sent = upTo
            try await until("it says that \(topic) may not be written to") {
                try problems(dedup).contains { $0.contains("\"\(topic)\"") && $0.contains("Allow this user") }
            }
            try broker.setProhibition("Write", ["--topic", topic], isForbidden: false)
            try await until("it is ready again") { try problems(dedup).isEmpty }
        }
        try await rig.awaitKeys(ends, "allowed again")
        try await dedup.stop()
        try rig.expect(traffic, "prohibitions")
    }

    @Test("a changelog that may not be read is named for as long as the restore waits for it")
    func restoringForbidden() async throws {
        let broker = try AuthorizingBroker()
        let (rig, first) = try await start(broker)
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 100, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        try rig.send(Array(traffic.copies[..<50]))
        try await until("the changelog has something in it") { try total(first) >= 50 }
        try await first.stop()
        try broker.setProhibition("Read", ["--topic", rig.names.seen], isForbidden: true)
        let second = RunningDedup(environment(rig, broker))
        func isNamed() throws -> Bool {
            try problems(second).contains { $0.hasPrefix("restore") && $0.contains("Allow this user") }
        }
        try await until("it says that \(rig.names.seen) may not be read", isNamed)
        // It must not be forgotten at the next poll, which gives nothing.
        for _ in 0..<40 {
            try await Task.sleep(for: .milliseconds(25))
            #expect(try isNamed())
        }
        try broker.setProhibition("Read", ["--topic", rig.names.seen], isForbidden: false)
        try await until("it is ready") { try problems(second).isEmpty && !second.service.view.partitions.isEmpty }
        try rig.send(Array(traffic.copies[50...]))
        try await rig.awaitKeys(ends, "allowed again")
        try await second.stop()
        try rig.expect(traffic, "a changelog that may not be read")
    }

    @Test("a group that may not be joined, and a transactional ID that may not be used, are named with what to do")
    func joiningForbidden() async throws {
        let broker = try AuthorizingBroker()
        let (rig, first) = try await start(broker)
        try await first.stop()
        let group = ["--group", rig.names.dedupGroup]
        try broker.setPermission(group, isAllowed: false)
        let second = RunningDedup(environment(rig, broker))
        try await until("it says that the group may not be joined") {
            try problems(second).contains { $0.hasPrefix("raw: its group") && $0.contains("Allow this user") }
        }
        try broker.setPermission(group, isAllowed: true)
        try await until("it is ready") { try problems(second).isEmpty && !second.service.view.partitions.isEmpty }
        try await second.stop()

        let name = ["--transactional-id", rig.names.dedupTransactionalID(instance: "one")]
        try broker.setPermission(name, isAllowed: false)
        let third = RunningDedup(environment(rig, broker))
        try await until("it has given up") { third.outcome != nil }
        guard case .failure(let error) = third.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: third.outcome))")
            return
        }
        #expect(exit.code == .configuration)
        #expect(exit.description.contains("Allow this user"), "\(exit.description)")
    }

    private func environment(_ rig: DedupRig, _ broker: AuthorizingBroker) -> DedupEnvironment {
        var environment = rig.environment(instance: "one")
        environment.kafka = broker.userProperties
        return environment
    }

    /// Starts the stage as a user who may do all that it needs, and waits until it is ready.
    private func start(_ broker: AuthorizingBroker) async throws -> (DedupRig, RunningDedup) {
        let rig = try DedupRig.real(broker.bootstrapServers, prefix: RealBroker.uniqueName("permission"))
        for name in rig.names.all { try broker.setPermission(["--topic", name], isAllowed: true) }
        try broker.setPermission(["--group", rig.names.dedupGroup], isAllowed: true)
        try broker.setPermission(
            ["--transactional-id", rig.names.dedupTransactionalID(instance: "one")],
            isAllowed: true
        )
        let dedup = RunningDedup(environment(rig, broker))
        try await until("it is ready") { try problems(dedup).isEmpty && !dedup.service.view.partitions.isEmpty }
        return (rig, dedup)
    }

    /// What readiness says; the end of the stage is never what is waited for.
    private func problems(_ dedup: RunningDedup) throws -> [String] {
        if case .failure(let error) = dedup.outcome { throw error }
        #expect(dedup.service.view.unaccounted == 0)
        return dedup.board.problems
    }

    private func total(_ dedup: RunningDedup) throws -> Int {
        if case .failure(let error) = dedup.outcome { throw error }
        return dedup.service.view.counts.values.reduce(0, +)
    }
}

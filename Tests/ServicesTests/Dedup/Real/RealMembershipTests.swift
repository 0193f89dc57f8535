import Dedup
import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// A restore may last for minutes, and the group must not take the instance for dead meanwhile.
@Suite(
    "Membership during restores of the dedup stage on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealMembershipTests {
    /// Beyond the session time-out, and beyond the longest time between two polls that the test allows.
    private static let hold: Duration = .seconds(12)

    private let rig: DedupRig

    init() throws {
        rig = try DedupRig.real(RealBroker.shared().bootstrapServers, prefix: RealBroker.uniqueName("member"))
    }

    /// An instance that the group drops after ten seconds, whether it is not heard of or only does not poll.
    ///
    /// librdkafka's own thread keeps the session, so that the polls are what a long restore could fail to do.
    private func start() -> RunningDedup {
        var environment = rig.environment(instance: "one")
        environment.kafka = environment.kafka.merging([
            "session.timeout.ms": "10000", "max.poll.interval.ms": "10000",
        ])
        return RunningDedup(environment)
    }

    private func partitions(_ dedup: RunningDedup, phase: String) throws -> Set<Int32> {
        if case .failure(let error) = dedup.outcome { throw error }
        return Set(dedup.service.view.partitions.filter { $0.phase == phase }.map(\.partition))
    }

    @Test("the group keeps its member while a restore lasts longer than the session, and nothing is rebalanced")
    func longRestore() async throws {
        let first = try recentID(secondsAgo: 100)
        let ids = try (0..<120).map { try #require(TweetID(first.rawValue + UInt64($0) << 12)) }
        try rig.send(ids.map { RawCopy($0, "{}") })
        // One dead instance holds the last stable offset of the changelog, another one the group's offsets.
        let holder = try rig.ghost("holder", timeout: .seconds(240))
        try holder.beginTransaction()
        for partition in 0..<Int32(DedupRig.partitionCount) {
            try rig.write(SeenRecord(number: 77, nextOffset: 1, progress: DedupProgress()), to: partition, holder)
        }
        #expect(holder.flush(timeout: DedupRig.patience) { _ in })
        let owner = try rig.ghost("owner", timeout: .seconds(240))
        let positions = try rig.beginHavingRead(owner)

        let witness = try Witness(rig)
        try await until("the witness has all partitions") {
            try witness.poll()
            return witness.partitions.count == DedupRig.partitionCount
        }
        let dedup = start()
        var mine: Set<Int32> = []
        try await until("it has its share, and restores it") {
            try witness.poll()
            mine = try partitions(dedup, phase: "restoring")
            return witness.isSettled && !mine.isEmpty
                && mine.union(witness.partitions) == Set(0..<Int32(DedupRig.partitionCount))
        }
        let rebalances = witness.rebalances
        try await stays(dedup, witness, "waits for the offsets") {
            dedup.board.problems.contains { $0.hasPrefix("restore: Kafka's answer is awaited") }
        }
        try rig.writeSet(of: ids, upTo: positions, owner)
        try owner.commitTransaction(timeout: DedupRig.patience) { _ in }
        try await stays(dedup, witness, "waits for the changelog") {
            dedup.board.problems.contains { $0.contains("is being restored: ") }
        }
        #expect(try partitions(dedup, phase: "restoring") == mine)
        try holder.abortTransaction(timeout: DedupRig.patience) { _ in }
        try await until("all is restored") {
            try witness.poll()
            return try partitions(dedup, phase: "live") == mine
        }
        try rig.send(ids.map { RawCopy($0, "{}", connection: "b") })
        let expected = ids.count { mine.contains(DedupRig.partition(of: $0)) }
        try await until("its copies are read") {
            try witness.poll()
            _ = try partitions(dedup, phase: "live")
            return dedup.service.view.counts.values.reduce(0, +) == expected
        }
        #expect(dedup.service.view.counts["duplicate"] == expected)
        #expect(witness.rebalances == rebalances)
        #expect(dedup.service.view.rebuilds == 0)
        try await dedup.stop()
        try witness.consumer.close()
        #expect(try rig.read(rig.names.tweets).isEmpty)
    }

    /// Waits until it has come to something, and then for as long as would cost a silent member its place.
    private func stays(
        _ dedup: RunningDedup,
        _ witness: Witness,
        _ what: String,
        _ isThere: () -> Bool
    ) async throws {
        try await until("it \(what)") {
            try witness.poll()
            _ = try partitions(dedup, phase: "restoring")
            return isThere()
        }
        let end = ContinuousClock.now + Self.hold
        try await until("it \(what) for longer than a session") {
            try witness.poll()
            _ = try partitions(dedup, phase: "restoring")
            return .now > end
        }
        #expect(isThere())
    }
}

/// Another member of the group, which is told of each rebalance, also of those that leave its partitions as they are.
private final class Witness {
    let consumer: KafkaConsumer
    private(set) var rebalances: [KafkaRebalance] = []

    init(_ rig: DedupRig) throws {
        consumer = try KafkaConsumer(
            rig.properties.merging([
                "group.id": rig.names.dedupGroup, "partition.assignment.strategy": "cooperative-sticky",
                "isolation.level": "read_uncommitted", "enable.auto.commit": "false", "auto.offset.reset": "latest",
            ]),
            observer: .silent
        )
        // What is not answered is taken as it is told.
        try consumer.subscribe(to: [rig.names.raw]) { [weak self] in self?.rebalances.append($0) }
    }

    var partitions: Set<Int32> {
        var owned: Set<Int32> = []
        for rebalance in rebalances {
            switch rebalance {
            case .assigned(let added): owned.formUnion(added.map(\.partition))
            case .revoked(let gone), .lost(let gone): owned.subtract(gone.map(\.partition))
            }
        }
        return owned
    }

    /// Whether partitions were taken away, and given to somebody else.
    ///
    /// The first answer after a revocation belongs to the same generation, which it only completes; then the member joins
    /// again, and the second one is the generation in which the others get what was taken.
    var isSettled: Bool {
        rebalances.count > 3 && rebalances.suffix(3).map(\.isAssigned) == [false, true, true]
    }

    func poll() throws {
        if case .error(let error, _) = consumer.poll(timeout: .milliseconds(10)), error.isFatal { throw error }
    }
}

extension KafkaRebalance {
    fileprivate var isAssigned: Bool {
        if case .assigned = self { true } else { false }
    }
}

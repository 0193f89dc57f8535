import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// What the group has committed is gone: the stage was away for longer than brokers keep that.
@Suite(
    "Offsets of the dedup stage that have expired, on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealOffsetsTests {
    private let rig: DedupRig
    private let patience = DedupRig.patience

    init() throws {
        rig = try DedupRig.real(RealBroker.shared().bootstrapServers, prefix: RealBroker.uniqueName("offsets"))
    }

    private func total(_ dedup: RunningDedup) throws -> Int {
        if case .failure(let error) = dedup.outcome { throw error }
        return dedup.service.view.counts.values.reduce(0, +)
    }

    /// Half of the traffic is decided, then the stage is away, and the group's offsets with it; the rest comes meanwhile.
    private func halfThenAway(_ traffic: KnownTraffic) async throws {
        let half = traffic.copies.count / 2
        let first = RunningDedup(rig.environment(instance: "one"))
        try rig.send(Array(traffic.copies[..<half]))
        try await until("half is decided") { try total(first) >= half }
        // With what suppressed copies have added, which is in raw, all is read and committed.
        try await until("it is idle") {
            _ = try total(first)
            return first.board.problems.isEmpty && first.service.view.lagSeconds == 0
        }
        try await first.stop()
        try rig.send(Array(traffic.copies[half...]))
        try removeGroup(rig.names.dedupGroup, brokers: rig.brokers)
    }

    /// The keys of raw that stand before an offset, and those at or behind it.
    private func inputOffsets() throws -> [Int64] {
        let raw = (0..<Int32(DedupRig.partitionCount)).map { KafkaPartition(topic: rig.names.raw, partition: $0) }
        let properties: KafkaProperties = [
            "group.id": rig.names.dedupGroup, "isolation.level": "read_committed", "enable.auto.commit": "false",
        ]
        let reader = try KafkaConsumer(rig.properties.merging(properties), observer: .silent)
        let answers = try reader.committed(raw, timeout: patience)
        return raw.compactMap { if case .offset(let offset)? = answers[$0] { offset } else { nil } }
    }

    @Test("it goes on where its changelog ends: nothing is missing, twice, risen, or read again")
    func expired() async throws {
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 400, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        try await halfThenAway(traffic)
        #expect(try inputOffsets().isEmpty)
        let lines = LogLines()
        var environment = rig.environment(instance: "one")
        environment.logger = lines.logger()
        let second = RunningDedup(environment)
        try await rig.awaitKeys(ends, "offsets expired")
        try await until("all is accounted for") { try total(second) > 0 && second.board.problems.isEmpty }
        try await second.stop()
        let view = second.service.view
        #expect(view.unaccounted == 0)
        let own = view.counts["delete_own"] ?? 0
        // Not from raw's beginning: the set would have made all that harmless, but for what has become late.
        #expect(view.recordsRead - own <= traffic.copies.count - traffic.copies.count / 2)
        #expect(lines.text.contains("the group has no committed offset; the changelog's is taken"))
        try rig.expect(traffic, "offsets expired")
    }

    @Test("where the changelog is gone too it is no first start: it is refused, and a rebuild makes all good")
    func bothExpired() async throws {
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 400, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        try await halfThenAway(traffic)
        try KafkaAdmin(rig.properties, observer: .silent).deleteRecords(
            before: (0..<Int32(DedupRig.partitionCount)).map {
                KafkaPosition(topic: rig.names.seen, partition: $0, offset: KafkaPosition.end)
            },
            timeout: patience
        )
        let refused = RunningDedup(rig.environment(instance: "one"))
        try await until("it has given up") { refused.outcome != nil }
        guard case .failure(let error) = refused.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: refused.outcome))")
            return
        }
        #expect(exit.code == .configuration)
        #expect(exit.description.contains("no committed offset any more"), "\(exit.description)")
        #expect(exit.description.contains("decahose dedup rebuild"), "\(exit.description)")

        try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [])
        let healed = RunningDedup(rig.environment(instance: "one"))
        try await rig.awaitKeys(ends, "rebuilt")
        try await healed.stop()
        #expect(healed.service.view.unaccounted == 0)
        try rig.expect(traffic, "rebuilt")
    }

    @Test("where the changelog has only its end left, a rebuild makes all good")
    func changelogCut() async throws {
        var traffic = try KnownTraffic(seed: Seed.fresh, tweets: 400, secondsAgo: 300)
        let ends = try traffic.appendEnd(partitions: DedupRig.partitionCount)
        try await halfThenAway(traffic)
        let seen = (0..<Int32(DedupRig.partitionCount)).map { KafkaPartition(topic: rig.names.seen, partition: $0) }
        let query = try KafkaWatermarkQuery(rig.properties, observer: .silent)
        let marks = try query.watermarks(of: seen, timeout: patience)
        // Of each partition the last transaction, and its marker.
        try KafkaAdmin(rig.properties, observer: .silent).deleteRecords(
            before: seen.map { KafkaPosition($0, offset: (marks[$0]?.high ?? 0) - 2) },
            timeout: patience
        )
        try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [])
        let healed = RunningDedup(rig.environment(instance: "one"))
        try await rig.awaitKeys(ends, "rebuilt from the changelog's end")
        try await healed.stop()
        #expect(healed.service.view.unaccounted == 0)
        try rig.expect(traffic, "rebuilt from the changelog's end")
    }
}

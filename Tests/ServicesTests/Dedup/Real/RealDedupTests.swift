import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

@Suite(
    "The dedup stage on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealDedupTests {
    private func rig() throws -> DedupRig {
        try DedupRig.real(RealBroker.shared().bootstrapServers, prefix: RealBroker.uniqueName("dedup"))
    }

    private func copies(_ ids: [TweetID], connection: String = "a") -> [RawCopy] {
        ids.map { RawCopy($0, "{\"id_str\":\"\($0)\"}", connection: connection) }
    }

    private func ids(_ count: Int, secondsAgo: Int) throws -> [TweetID] {
        let first = try recentID(secondsAgo: secondsAgo)
        return try (0..<count).map { try #require(TweetID(first.rawValue + UInt64($0) << 12)) }
    }

    /// Reads until the stage has met this many records, then ends it.
    private func run(_ dedup: RunningDedup, untilRead count: Int) async throws {
        try await until("\(count) records are accounted for") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.counts.values.reduce(0, +) >= count
        }
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)
    }

    private func expectOnce(_ ids: [TweetID], in rig: DedupRig) throws {
        var counts: [String: Int] = [:]
        for record in try rig.read(rig.names.tweets) { counts[record.key, default: 0] += 1 }
        #expect(counts.values.allSatisfy { $0 == 1 })
        #expect(Set(counts.keys) == Set(ids.map(\.description)))
    }

    @Test("a restarted instance goes on where it was, and still knows every copy")
    func restart() async throws {
        let rig = try rig()
        let first = try ids(300, secondsAgo: 100)
        try rig.send(copies(first))
        try await run(RunningDedup(rig.environment(instance: "one")), untilRead: 300)
        let second = try ids(300, secondsAgo: 50)
        try rig.send(copies(first, connection: "b") + copies(second))
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await run(dedup, untilRead: 600)
        #expect(dedup.service.view.counts["duplicate"] == 300)
        try expectOnce(first + second, in: rig)
    }

    @Test("another instance takes a stopped one's partitions over, with all it knew")
    func takeOver() async throws {
        let rig = try rig()
        let first = try ids(300, secondsAgo: 100)
        try rig.send(copies(first))
        let one = RunningDedup(rig.environment(instance: "one"))
        try await until("it reads") { one.service.view.partitions.count == DedupRig.partitionCount }
        let two = RunningDedup(rig.environment(instance: "two"))
        try await until("both have partitions") {
            !two.service.view.partitions.isEmpty && two.service.view.partitions.allSatisfy { $0.phase == "live" }
        }
        try await one.stop()
        try rig.send(copies(first, connection: "b"))
        try await until("the other has all partitions") {
            two.service.view.partitions.count == DedupRig.partitionCount
                && two.service.view.partitions.allSatisfy { $0.phase == "live" }
        }
        try await until("all copies are read") {
            let counts = [one, two].map { $0.service.view.counts.values.reduce(0, +) }
            return counts.reduce(0, +) >= 600
        }
        try await two.stop()
        #expect(one.service.view.unaccounted == 0)
        #expect(two.service.view.unaccounted == 0)
        try expectOnce(first, in: rig)
    }

    @Test("a changelog that was emptied stops the stage, and a rebuild brings it back")
    func rebuild() async throws {
        let rig = try rig()
        let first = try ids(300, secondsAgo: 100)
        try rig.send(copies(first) + [RawCopy(first[0], nil)])
        try await run(RunningDedup(rig.environment(instance: "one")), untilRead: 301)
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.deleteRecords(
            before: (0..<Int32(DedupRig.partitionCount)).map {
                KafkaPosition(topic: rig.names.seen, partition: $0, offset: KafkaPosition.end)
            },
            timeout: .seconds(20)
        )
        let refused = RunningDedup(rig.environment(instance: "one"))
        try await until("it has given up") { refused.outcome != nil }
        guard case .failure(let error) = refused.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: refused.outcome))")
            return
        }
        #expect(exit.code == .configuration)
        #expect(exit.description.contains("decahose dedup rebuild"))

        try await BlockingThread.run(named: "rebuild") {
            try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [])
        }
        let second = try ids(300, secondsAgo: 50)
        try rig.send(copies(first, connection: "b") + copies(second))
        let dedup = RunningDedup(rig.environment(instance: "one"))
        // The copy of the deleted one is suppressed, and the tombstone it makes is read again.
        try await run(dedup, untilRead: 601)
        #expect(dedup.service.view.counts["duplicate"] == 299)
        #expect(dedup.service.view.counts["suppressed"] == 1)
        var counts: [String: Int] = [:]
        for record in try rig.read(rig.names.tweets) where record.value != nil { counts[record.key, default: 0] += 1 }
        #expect(counts.count == 600)
        #expect(counts.values.allSatisfy { $0 == 1 })
    }

    @Test("records of raw that were removed unread are a loss, told to control with their offsets")
    func loss() async throws {
        let rig = try rig()
        let first = try ids(60, secondsAgo: 100)
        try rig.send(copies(first))
        try await run(RunningDedup(rig.environment(instance: "one")), untilRead: 60)
        let partition = KafkaPartition(topic: rig.names.raw, partition: 0)
        let query = try KafkaWatermarkQuery(rig.properties, observer: .silent)
        let before = try #require(try query.watermarks(of: [partition], timeout: .seconds(10))[partition]).high
        try rig.send(copies(try ids(60, secondsAgo: 80)))
        let after = try #require(try query.watermarks(of: [partition], timeout: .seconds(10))[partition]).high
        try #require(after > before)
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.deleteRecords(before: [KafkaPosition(partition, offset: after)], timeout: .seconds(20))
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await until("the loss is told") {
            try rig.read(rig.names.control).contains { $0.key == "loss:0:\(before)-\(after)" }
        }
        try await dedup.stop()
    }
}

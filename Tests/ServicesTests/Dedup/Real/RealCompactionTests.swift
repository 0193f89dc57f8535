import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// Raw as the cleaner of a real broker leaves it, with segments so small and waits so short that it comes by at once.
@Suite(
    "Dedup on a raw topic that is compacted",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealCompactionTests {
    private static let partition: Int32 = 0

    private static func settings(lag: Duration, tombstones: Duration) -> KafkaProperties {
        [
            "cleanup.policy": "compact,delete", "segment.ms": "300", "min.cleanable.dirty.ratio": "0.001",
            "min.compaction.lag.ms": "\(lag.milliseconds)", "max.compaction.lag.ms": "1000000000",
            "delete.retention.ms": "\(tombstones.milliseconds)", "retention.ms": "-1",
        ]
    }

    private func rig(lag: Duration = .zero, tombstones: Duration = .seconds(86_400)) throws -> DedupRig {
        try DedupRig.real(
            RealBroker.shared().bootstrapServers,
            prefix: RealBroker.uniqueName("compacted"),
            settings: ["raw": Self.settings(lag: lag, tombstones: tombstones)]
        )
    }

    /// IDs of one partition, so that the segments of one are all that must roll.
    private func ids(_ count: Int, secondsAgo: Int) throws -> [TweetID] {
        var next = try recentID(secondsAgo: secondsAgo).rawValue
        var found: [TweetID] = []
        while found.count < count {
            next += 1
            guard let id = TweetID(next) else { continue }
            let place = id.withDecimal {
                KafkaPartitioner.partition(of: $0, count: Int32(DedupRig.partitionCount))
            }
            if place == Self.partition { found.append(id) }
        }
        return found
    }

    /// Writes fillers, each of a segment of its own, until the cleaner has brought raw to what is wanted.
    private func compact(_ rig: DedupRig, _ what: String, until isClean: ([FoundRecord]) -> Bool) async throws {
        var filler = try ids(40, secondsAgo: 500)
        try await until(what) {
            if let next = filler.popLast() {
                try rig.send([RawCopy(next, "{}")])
            }
            return isClean(try rig.read(rig.names.raw))
        }
    }

    private func values(_ topic: String, _ id: TweetID, _ rig: DedupRig) throws -> [String?] {
        try rig.read(topic).filter { $0.key == id.description }.map(\.value)
    }

    private func total(_ dedup: RunningDedup) throws -> Int {
        if case .failure(let error) = dedup.outcome { throw error }
        return dedup.service.view.counts.values.reduce(0, +)
    }

    private func awaitIdle(_ dedup: RunningDedup, _ rig: DedupRig) async throws {
        let end = try ids(1, secondsAgo: 1)[0]
        try rig.send([RawCopy(end, "{}")])
        try await until("all is decided") {
            _ = try total(dedup)
            return try rig.read(rig.names.tweets).contains { $0.key == end.description }
        }
    }

    @Test("where the first copy was compacted away unread, the one that is left is emitted, once")
    func firstCopyGone() async throws {
        let rig = try rig()
        let tweets = try ids(50, secondsAgo: 100)
        try rig.send(tweets.map { RawCopy($0, "first") })
        try rig.send(tweets.map { RawCopy($0, "second", connection: "b") })
        try await compact(rig, "the first copies are gone") { raw in !raw.contains { $0.value == "first" } }
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await awaitIdle(dedup, rig)
        try await dedup.stop()
        var found: [String: [String?]] = [:]
        for record in try rig.read(rig.names.tweets) { found[record.key, default: []].append(record.value) }
        for id in tweets { #expect(found[id.description] == ["second"]) }
        #expect(dedup.service.view.unaccounted == 0)
    }

    @Test("a late copy that compaction kept after its delete gets a tombstone again, in raw, and that does not loop")
    func lateCopyKept() async throws {
        let rig = try rig(tombstones: .milliseconds(100))
        let tweets = try ids(20, secondsAgo: 100)
        let first = RunningDedup(rig.environment(instance: "one"))
        // Each kind is decided before the next is sent, so the cleaner cannot be quicker.
        try rig.send(tweets.map { RawCopy($0, "first") })
        try await until("they are emitted") {
            _ = try total(first)
            return try rig.read(rig.names.tweets).count == tweets.count
        }
        try rig.send(tweets.map { RawCopy($0, nil) })
        try await until("they are deleted") { try rig.read(rig.names.tweets).count == 2 * tweets.count }
        try await awaitIdle(first, rig)
        try await first.stop()

        try rig.send(tweets.map { RawCopy($0, "late", connection: "b") })
        let keys = Set(tweets.map(\.description))
        try await compact(rig, "only the late copies are left") { raw in
            raw.filter { keys.contains($0.key) }.map(\.value) == Array(repeating: "late", count: tweets.count)
        }
        let second = RunningDedup(rig.environment(instance: "one"))
        try await until("the late copies are suppressed, and the tombstones read") {
            _ = try total(second)
            let counts = second.service.view.counts
            return counts["suppressed"] == tweets.count && counts["delete_own"] == tweets.count
        }
        // Compaction now takes the copies, and after delete.retention.ms the tombstones: nothing is left of them.
        try await compact(rig, "nothing of them is left in raw") { raw in !raw.contains { keys.contains($0.key) } }
        // One that comes now is still known to be deleted.
        try rig.send([RawCopy(tweets[0], "recovered", connection: "b")])
        try await until("it is suppressed") { second.service.view.counts["suppressed"] == tweets.count + 1 }
        try await until("its tombstone was written, and read") {
            second.service.view.counts["delete_own"] == tweets.count + 1
        }
        try await second.stop()
        for id in tweets { #expect(try values(rig.names.tweets, id, rig) == ["first", nil]) }
        #expect(second.service.view.unaccounted == 0)
    }

    @Test("raw compacted while the stage was away for longer than the lag is a loss, told with its offsets")
    func outageBeyondLag() async throws {
        let rig = try rig(lag: .seconds(2))
        let first = RunningDedup(rig.environment(instance: "one"))
        try await awaitIdle(first, rig)
        try await first.stop()
        let raw = KafkaPartition(topic: rig.names.raw, partition: Self.partition)
        let query = try KafkaWatermarkQuery(rig.properties, observer: .silent)
        let from = try #require(try query.watermarks(of: [raw], timeout: .seconds(10))[raw]).high
        // Tweets, their deletes, and a copy that comes after: compaction takes the delete, and leaves the copy.
        let tweets = try ids(20, secondsAgo: 100)
        try rig.send(tweets.map { RawCopy($0, "first") } + tweets.map { RawCopy($0, nil) })
        try rig.send(tweets.map { RawCopy($0, "late", connection: "b") })
        let through = try #require(try query.watermarks(of: [raw], timeout: .seconds(10))[raw]).high
        let keys = Set(tweets.map(\.description))
        try await compact(rig, "only the late copies are left") { raw in
            raw.filter { keys.contains($0.key) }.map(\.value) == Array(repeating: "late", count: tweets.count)
        }
        let second = RunningDedup(rig.environment(instance: "one"))
        try await until("the loss is told") {
            if case .failure(let error) = second.outcome { throw error }
            return try rig.read(rig.names.control).contains { $0.key.hasPrefix("loss:\(Self.partition):") }
        }
        try await awaitIdle(second, rig)
        try await second.stop()
        let losses = try rig.read(rig.names.control).map(\.key).filter { $0.hasPrefix("loss:") }
        #expect(losses.count == 1, "\(losses)")
        let range = try #require(
            losses.first?.split(separator: ":").last?.split(separator: "-").compactMap { Int64($0) }
        )
        #expect(
            range.count == 2 && range[0] <= from && range[1] >= through - Int64(tweets.count),
            "\(losses), \(from)-\(through)"
        )
        #expect(second.service.view.unaccounted == 0)
    }

    @Test("deletes that came and went while the stage was away are a loss, however young what stands behind them is")
    func onlyTombstones() async throws {
        let lag: Duration = .seconds(8)
        let rig = try rig(lag: lag, tombstones: .milliseconds(100))
        let tweets = try ids(20, secondsAgo: 100)
        let first = RunningDedup(rig.environment(instance: "one"))
        try rig.send(tweets.map { RawCopy($0, "{}") })
        try await awaitIdle(first, rig)
        try await first.stop()
        // Nothing but tombstones, so that nothing is left between what was read and what is young.
        try rig.send(tweets.map { RawCopy($0, nil) })
        var deletes = try ids(400, secondsAgo: 600)
        let deadline = ContinuousClock.now + lag + .seconds(1)
        try await until("they are older than the lag") { .now > deadline }
        let began = WallClock.now()
        try await until("all of them are gone") {
            if let next = deletes.popLast() { try rig.send([RawCopy(next, nil)]) }
            let keys = Set(try rig.read(rig.names.raw).map(\.key))
            return keys.isDisjoint(with: tweets.map(\.description))
        }
        // From here on the lag is longer than what is left is old, and shorter than what is gone was.
        let now = WallClock.now()
        var settings = Self.settings(lag: now - began + .seconds(3), tombstones: .milliseconds(100))
        settings = settings.merging(["message.timestamp.type": "CreateTime"])
        try KafkaAdmin(rig.properties, observer: .silent).replaceSettings(
            of: .topic(rig.names.raw),
            with: settings,
            timeout: DedupRig.patience
        )
        var environment = rig.environment(instance: "one")
        environment.wall = { now }
        let second = RunningDedup(environment)
        try await until("the loss is told") {
            if case .failure(let error) = second.outcome { throw error }
            return try rig.read(rig.names.control).contains { $0.key.hasPrefix("loss:\(Self.partition):") }
        }
        try await second.stop()
        #expect(try rig.read(rig.names.control).count { $0.key.hasPrefix("loss:") } == 1)
        #expect(second.service.view.unaccounted == 0)
    }
}

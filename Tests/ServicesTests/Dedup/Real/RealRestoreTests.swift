import Dedup
import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

/// What can stand in the way of a restore, each made on purpose.
@Suite(
    "Restores of the dedup stage on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .ownThread,
    .timeLimit(.minutes(5))
)
struct RealRestoreTests {
    private let rig: DedupRig
    private let patience = DedupRig.patience

    init() throws {
        rig = try DedupRig.real(RealBroker.shared().bootstrapServers, prefix: RealBroker.uniqueName("restore"))
    }

    private func copies(_ ids: [TweetID], connection: String = "a") -> [RawCopy] {
        ids.map { RawCopy($0, "{\"id_str\":\"\($0)\"}", connection: connection) }
    }

    private func ids(_ count: Int, secondsAgo: Int) throws -> [TweetID] {
        let first = try recentID(secondsAgo: secondsAgo)
        return try (0..<count).map { try #require(TweetID(first.rawValue + UInt64($0) << 12)) }
    }

    private func total(_ dedup: RunningDedup) throws -> Int {
        if case .failure(let error) = dedup.outcome { throw error }
        return dedup.service.view.counts.values.reduce(0, +)
    }

    private func phases(_ dedup: RunningDedup) throws -> Set<String> {
        if case .failure(let error) = dedup.outcome { throw error }
        let partitions = dedup.service.view.partitions
        return partitions.count == DedupRig.partitionCount ? Set(partitions.map(\.phase)) : []
    }

    private func configurationError(_ dedup: RunningDedup) async throws -> String {
        try await until("it has given up") { dedup.outcome != nil }
        guard case .failure(let error) = dedup.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: dedup.outcome))")
            return ""
        }
        #expect(exit.code == .configuration)
        return exit.description
    }

    private func expectOnce(_ ids: [TweetID]) throws {
        var counts: [String: Int] = [:]
        for record in try rig.read(rig.names.tweets) { counts[record.key, default: 0] += 1 }
        #expect(counts.values.allSatisfy { $0 == 1 })
        #expect(Set(counts.keys) == Set(ids.map(\.description)))
    }

    @Test("what was written behind a dead instance's open transaction is restored too, once that has ended")
    func behindOpenTransaction() async throws {
        let first = try ids(120, secondsAgo: 100)
        let second = try ids(120, secondsAgo: 50)
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(copies(first))
        try await until("the first are read") { try total(one) == 120 }
        let dead = try rig.ghost(timeout: .seconds(240))
        try dead.beginTransaction()
        for partition in 0..<Int32(DedupRig.partitionCount) {
            try rig.write(SeenRecord(number: 77, nextOffset: 1, progress: DedupProgress()), to: partition, dead)
        }
        #expect(dead.flush(timeout: patience) { _ in })
        try rig.send(copies(second))
        try await until("the second are read") { try total(one) == 240 }
        try await one.stop()

        let again = RunningDedup(rig.environment(instance: "one"))
        try await until("it has read what stands before the dead one's transaction, and waits") {
            let isRestoring = try phases(again) == ["restoring"]
            return isRestoring
                && again.board.problems.contains {
                    $0.contains("partition 0: its set of seen IDs is being restored: 120 IDs")
                }
        }
        try dead.abortTransaction(timeout: patience) { _ in }
        try await until("all is restored") { try phases(again) == ["live"] }
        try rig.send(copies(first + second, connection: "b"))
        try await until("all copies are read") { try total(again) == 240 }
        #expect(again.service.view.counts["duplicate"] == 240)
        try await until("it is ready") { again.board.problems.isEmpty }
        try await again.stop()
        try expectOnce(first + second)
    }

    @Test("how far a restore is, and how long it will go on, is in readiness, in status and in the log")
    func progress() async throws {
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(copies(try ids(120, secondsAgo: 100)))
        try await until("the first are read") { try total(one) == 120 }
        let dead = try rig.ghost(timeout: .seconds(240))
        try dead.beginTransaction()
        for partition in 0..<Int32(DedupRig.partitionCount) {
            try rig.write(SeenRecord(number: 77, nextOffset: 1, progress: DedupProgress()), to: partition, dead)
        }
        #expect(dead.flush(timeout: patience) { _ in })
        try await one.stop()
        let lines = LogLines()
        var environment = rig.environment(instance: "one")
        environment.logger = lines.logger()
        environment.progressInterval = .milliseconds(200)
        let again = RunningDedup(environment)
        // It waits behind the dead one's transaction, with a part read and a part to go.
        try await until("readiness has the time left") {
            _ = try phases(again)
            return (0..<DedupRig.partitionCount).allSatisfy { number in
                again.board.problems.contains {
                    $0.hasPrefix("partition \(number): its set of seen IDs is being restored: 120 IDs, ")
                        && $0.hasSuffix(" s to go")
                }
            }
        }
        try await until("status has it") {
            let body = again.board.document(at: "/status").map { String(decoding: $0.body(), as: UTF8.self) } ?? ""
            return body.contains("\"secondsLeft\":") && body.contains("\"share\":0.")
        }
        let shown = try #require(again.service.view.restore)
        #expect(shown.partitions == [0, 1, 2])
        #expect(shown.ids == 120)
        #expect(shown.progress.share > 0 && shown.progress.share < 1)
        try await until("the log has it, again and again") {
            let told = lines.all.filter { $0.contains("Sets of seen IDs are being restored.") }
            return told.count >= 2 && told.allSatisfy { $0.contains(" s to go") || $0.contains("0 %") }
                && told.last?.contains(" s to go") == true
        }
        try dead.abortTransaction(timeout: patience) { _ in }
        try await until("all is restored") { try phases(again) == ["live"] }
        try await until("nothing is said of it any more") {
            again.service.view.restore == nil && again.board.problems.isEmpty
        }
        try await again.stop()
    }

    @Test("a restore waits for the commit of the owner before, and has what it wrote")
    func commitUnderWay() async throws {
        let first = try ids(120, secondsAgo: 100)
        try rig.send(copies(first))
        let before = try rig.ghost(timeout: .seconds(60))
        let positions = try rig.beginHavingRead(before)

        let lines = LogLines()
        var environment = rig.environment(instance: "one")
        environment.logger = lines.logger()
        environment.progressInterval = .milliseconds(200)
        let dedup = RunningDedup(environment)
        try await until("it restores") { try phases(dedup) == ["restoring"] }
        try await until("it waits for the offsets") {
            dedup.board.problems.contains { $0.hasPrefix("restore: Kafka's answer is awaited") }
                && lines.text.contains("A restore waits for Kafka's answer")
        }
        // Only now is written what the restore must have: a mark that was taken before would miss it.
        try rig.writeSet(of: first, upTo: positions, before)
        try before.commitTransaction(timeout: patience) { _ in }
        try await until("all is restored") { try phases(dedup) == ["live"] }
        try rig.send(copies(first, connection: "b"))
        try await until("all copies are read") { try total(dedup) == 120 }
        #expect(dedup.service.view.counts["duplicate"] == 120)
        try await dedup.stop()
        #expect(try rig.read(rig.names.tweets).isEmpty)
    }

    @Test("a changelog that is emptied while it is read is refused with what to do, and not waited for")
    func emptiedMeanwhile() async throws {
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(copies(try ids(120, secondsAgo: 100)))
        try await until("they are read") { try total(one) == 120 }
        // Keeps the end of the changelog from being reached.
        let holder = try rig.ghost("holder", timeout: .seconds(240))
        try holder.beginTransaction()
        for partition in 0..<Int32(DedupRig.partitionCount) {
            try rig.write(SeenRecord(number: 77, nextOffset: 1, progress: DedupProgress()), to: partition, holder)
        }
        #expect(holder.flush(timeout: patience) { _ in })
        try await one.stop()
        let again = RunningDedup(rig.environment(instance: "one"))
        try await until("it reads the changelog") {
            _ = try phases(again)
            return again.board.problems.contains { $0.contains("its set of seen IDs is being restored: ") }
        }
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.deleteRecords(
            before: (0..<Int32(DedupRig.partitionCount)).map {
                KafkaPosition(topic: rig.names.seen, partition: $0, offset: KafkaPosition.end)
            },
            timeout: patience
        )
        let reason = try await configurationError(again)
        #expect(reason.contains("the changelog is empty"), "\(reason)")
        #expect(reason.contains("decahose dedup rebuild"), "\(reason)")
        try holder.abortTransaction(timeout: patience) { _ in }
    }

    @Test("a changelog that lost its beginning, or has a hole, is refused with what to do")
    func damaged() async throws {
        let one = RunningDedup(rig.environment(instance: "one"))
        for round in 0..<3 {
            try rig.send(copies(try ids(60, secondsAgo: 200 - round)))
            try await until("round \(round) is read") { try total(one) == 60 * (round + 1) }
        }
        try await one.stop()
        let writer = try rig.ghost(timeout: .seconds(60))
        try writer.beginTransaction()
        try rig.write(SeenRecord(number: 5000, nextOffset: 1, progress: DedupProgress()), to: 1, writer)
        try writer.commitTransaction(timeout: patience) { _ in }
        let jump = try await configurationError(RunningDedup(rig.environment(instance: "one")))
        #expect(jump.contains("Partition 1 of raw") && jump.contains("jumps from number"))
        #expect(jump.contains("decahose dedup rebuild"))

        try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [1])
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.deleteRecords(
            before: [KafkaPosition(topic: rig.names.seen, partition: 2, offset: 1)],
            timeout: patience
        )
        let short = try await configurationError(RunningDedup(rig.environment(instance: "one")))
        #expect(short.contains("Partition 2 of raw") && short.contains("does not reach back past the late line"))

        try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [2])
        let healed = RunningDedup(rig.environment(instance: "one"))
        try await until("all is restored") { try phases(healed) == ["live"] }
        try await healed.stop()
    }

    @Test("raw that was deleted and filled anew is refused, until a rebuild starts at its beginning")
    func madeAnew() async throws {
        let first = try ids(60, secondsAgo: 1000)
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(first.map { RawCopy($0, "{}", received: WallClock.now() - .seconds(900)) })
        try await until("all are read") { try total(one) == 60 }
        try await one.stop()
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        #expect(try admin.deleteTopics([rig.names.raw], timeout: patience).isEmpty)
        let raw = KafkaNewTopic(
            name: rig.names.raw,
            partitionCount: DedupRig.partitionCount,
            replicationFactor: 1
        )
        try DedupRig.create([raw], admin)
        let second = try ids(200, secondsAgo: 50)
        try rig.send(copies(first, connection: "b") + copies(second))

        // As long after the last changelog record as clocks may differ.
        var later = rig.environment(instance: "one")
        later.clockSlack = .zero
        let text = try await configurationError(RunningDedup(later))
        #expect(text.contains("made anew"))
        try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [])
        let healed = RunningDedup(rig.environment(instance: "one"))
        try await until("all are read") { try total(healed) == 260 }
        #expect(healed.service.view.counts["duplicate"] == 60)
        try await healed.stop()
        try expectOnce(first + second)
    }

    @Test("partitions that are added stop every instance, with what to do")
    func partitionsAdded() async throws {
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(copies(try ids(60, secondsAgo: 100)))
        try await until("all are read") { try total(one) == 60 }
        try await one.stop()
        try KafkaAdmin(rig.properties, observer: .silent).createPartitions(
            of: rig.names.raw,
            totalCount: DedupRig.partitionCount + 1,
            timeout: patience
        )
        let text = try await configurationError(RunningDedup(rig.environment(instance: "one")))
        #expect(text.contains("topics.prefix"))
    }

    @Test("a rebuild is refused while an instance runs, and changes nothing")
    func rebuildBesideInstance() async throws {
        let first = try ids(120, secondsAgo: 100)
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(copies(first))
        try await until("all are read") { try total(one) == 120 }
        let before = try rig.read(rig.names.seen).count
        let error = #expect(throws: ExitError.self) {
            try DedupRebuild(rig.environment(instance: "one")) { _ in }.run(partitions: [])
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("Stop all dedup instances") == true)
        #expect(try rig.read(rig.names.seen).count == before)
        try rig.send(copies(first, connection: "b"))
        try await until("all copies are read") { try total(one) == 240 }
        try await one.stop()
        try expectOnce(first)
    }

    @Test("a rebuild reads no more of tweets than the horizon needs, and knows all within it")
    func rebuildHorizon() async throws {
        let old = try ids(300, secondsAgo: 60 * 3600)
        let recent = try ids(300, secondsAgo: 20 * 3600)
        let now = WallClock.now()
        let one = RunningDedup(rig.environment(instance: "one"))
        try rig.send(old.map { RawCopy($0, "{}", received: now - .seconds(60 * 3600)) })
        try rig.send(recent.map { RawCopy($0, "{}", received: now - .seconds(20 * 3600)) })
        // The end of event time, and a recovery of the middle that was received last.
        let present = try ids(90, secondsAgo: 10)
        let recovered = try ids(90, secondsAgo: 10 * 3600)
        try rig.send(copies(present) + copies(recovered))
        try await until("all are read") { try total(one) == 780 }
        try await one.stop()
        let admin = try KafkaAdmin(rig.properties, observer: .silent)
        try admin.deleteRecords(
            before: (0..<Int32(DedupRig.partitionCount)).map {
                KafkaPosition(topic: rig.names.seen, partition: $0, offset: KafkaPosition.end)
            },
            timeout: patience
        )
        var lines: [String] = []
        var environment = rig.environment(instance: "one")
        environment.progressInterval = .zero
        try DedupRebuild(environment) { lines.append($0) }.run(partitions: [])
        let told = lines.filter { $0.contains("; in all ") }
        #expect(told.count >= DedupRig.partitionCount && told.contains { $0.contains(" s to go") }, "\(lines)")
        #expect(told.last?.contains("; in all 100 %, about 0 s to go") == true, "\(lines)")
        let read = lines.filter { $0.contains("IDs out of") }
        let counts = try read.map { line in
            try #require(line.split(separator: " ").compactMap { Int($0) }.dropFirst().first)
        }
        // The old ones are passed over but for the batch that the horizon falls into.
        #expect(counts.reduce(0, +) < 600, "\(lines)")
        let healed = RunningDedup(rig.environment(instance: "one"))
        try rig.send(copies(recent + present + recovered, connection: "b"))
        try await until("all copies are read") { try total(healed) == 480 }
        #expect(healed.service.view.counts["duplicate"] == 480)
        try await healed.stop()
        try expectOnce(old + recent + present + recovered)
    }
}

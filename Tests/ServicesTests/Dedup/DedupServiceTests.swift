import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

@Suite("The dedup stage on the mock cluster", .ownThread, .timeLimit(.minutes(6)))
struct DedupServiceTests {
    @Test("emits each Tweet once, byte for byte, stamped with its creation, and keeps deleted ones deleted")
    func story() async throws {
        let rig = try DedupRig.mock()
        let plain = try (0..<200).map { try recentID(secondsAgo: 60, sequence: UInt64($0)) }
        let deleted = try (0..<20).map { try recentID(secondsAgo: 50, sequence: UInt64($0)) }
        let unborn = try (0..<20).map { try recentID(secondsAgo: 40, sequence: UInt64($0)) }
        let value = { (id: TweetID, copy: String) in "{\"id_str\":\"\(id)\",\"text\":\"\u{1F426} \(copy)\"}" }

        var copies: [RawCopy] = []
        for id in plain { copies.append(RawCopy(id, value(id, "same"))) }
        for id in deleted { copies += [RawCopy(id, value(id, "first")), RawCopy(id, nil)] }
        for id in unborn { copies.append(RawCopy(id, nil, connection: "b")) }
        for id in plain { copies.append(RawCopy(id, value(id, "same"), connection: "b")) }
        for id in deleted { copies += [RawCopy(id, value(id, "late copy"), connection: "b"), RawCopy(id, nil)] }
        for id in unborn { copies.append(RawCopy(id, value(id, "too late"))) }
        try rig.send(copies)

        let dedup = RunningDedup(rig.environment(instance: "one"))
        // Each late copy makes one tombstone in raw, which is read again.
        let suppressed = deleted.count + unborn.count
        try await until("everything is accounted for") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.counts.values.reduce(0, +) == copies.count + suppressed
        }
        try await dedup.stop()

        let tweets = try rig.read(rig.names.tweets)
        var byKey: [String: [String?]] = [:]
        for record in tweets { byKey[record.key, default: []].append(record.value) }
        for id in plain { #expect(byKey[id.description] == [value(id, "same")]) }
        for id in deleted { #expect(byKey[id.description] == [value(id, "first"), nil]) }
        for id in unborn { #expect(byKey[id.description] == [nil]) }
        #expect(byKey.count == plain.count + deleted.count + unborn.count)

        for record in tweets {
            let header = try #require(record.header)
            #expect(header.contains(" s=live n=s1 r="))
            let received = try #require(header.split(separator: "=").last.flatMap { Int64($0) })
            let created = try #require(UInt64(record.key).flatMap { TweetID($0) }?.createdAt)
            #expect(record.timestamp == (record.value == nil ? received : created.milliseconds))
        }

        let own = try rig.read(rig.names.raw).filter { $0.header == "s=dedup" }
        #expect(own.map(\.value) == Array(repeating: nil, count: suppressed))
        #expect(Set(own.map(\.key)) == Set((deleted + unborn).map(\.description)))

        let view = dedup.service.view
        #expect(view.unaccounted == 0)
        #expect(view.counts["emitted"] == plain.count + deleted.count)
        #expect(view.counts["delete_own"] == suppressed)
        #expect(view.counts["delete_repeated"] == deleted.count)
        #expect(dedup.board.problems.isEmpty, "\(dedup.board.problems)")
    }

    @Test("sends absurd, old and unreadable records to where they can be found")
    func odd() async throws {
        let rig = try DedupRig.mock()
        let now = WallClock.now()
        let present = try recentID(secondsAgo: 1)
        let ahead = TweetID(earliestAt: now + .seconds(86_400))
        let late = TweetID(earliestAt: now - .seconds(40 * 3600))
        let unlucky = TweetID(earliestAt: now - .seconds(26 * 3600))
        let ancient = try #require(TweetID(12_345))
        var copies: [RawCopy] = []
        // One of the present for every partition, so that each knows the time.
        var partitions: Set<Int32> = []
        var sequence: UInt64 = 0
        while partitions.count < DedupRig.partitionCount {
            let id = try #require(TweetID(present.rawValue + sequence))
            let partition = id.withDecimal { KafkaPartitioner.partition(of: $0, count: 3) }
            if partitions.insert(partition).inserted { copies.append(RawCopy(id, "{}")) }
            sequence += 1
        }
        copies += [
            RawCopy(ahead, "{\"ahead\":1}"), RawCopy(ahead, "{\"ahead\":2}"), RawCopy(late, "{\"late\":1}"),
            RawCopy(late, nil), RawCopy(ancient, "{\"ancient\":1}"), RawCopy(unlucky, "{\"old\":1}"),
            RawCopy(key: "no number", value: "junk"),
        ]
        try rig.send(copies)
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await until("everything is accounted for") {
            dedup.service.view.counts.values.reduce(0, +) == copies.count
        }
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)

        let tweets = try rig.read(rig.names.tweets)
        #expect(tweets.filter { $0.key == ahead.description }.map(\.value) == ["{\"ahead\":1}"])
        // Creation times that Kafka might refuse are not used as timestamps.
        for id in [ahead, unlucky] {
            let found = try #require(tweets.first { $0.key == id.description })
            #expect(abs((found.timestamp ?? 0) - now.milliseconds) < 600_000)
        }
        #expect(tweets.filter { $0.key == late.description }.map(\.value) == [nil])
        let lateRecords = try rig.read(rig.names.late).sorted { ($0.key, $0.value ?? "") < ($1.key, $1.value ?? "") }
        #expect(lateRecords.map(\.key) == [ancient, late, late].map(\.description))
        #expect(lateRecords.map(\.value) == ["{\"ancient\":1}", nil, "{\"late\":1}"])
        let dead = try rig.read(rig.names.deadletter)
        #expect(dead.map(\.value) == ["junk"])
        #expect(dead.first?.header?.contains("key-is-no-tweet-id") == true)
    }

    @Test("says what to do where its topics are missing, with the exit code of a configuration")
    func missingTopics() async throws {
        let cluster = try KafkaMockCluster()
        let rig = try DedupRig.mock()
        var environment = rig.environment(instance: "one")
        environment.kafka = ["bootstrap.servers": cluster.bootstrapServers]
        let dedup = RunningDedup(environment)
        try await until("it has given up") { dedup.outcome != nil }
        guard case .failure(let error) = dedup.outcome, let exit = error as? ExitError else {
            Issue.record("\(String(describing: dedup.outcome))")
            return
        }
        #expect(exit.code == .configuration)
        #expect(exit.description.contains("decahose topics create"))
    }
}

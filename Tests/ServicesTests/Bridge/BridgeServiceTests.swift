import Foundation
import Kafka
import Operations
import Services
import Settings
import Synchronization
import Testing
import Tweets

@Suite("A bridge between an upstream and Kafka", .serialized)
struct BridgeServiceTests {
    @Test("every kind of line ends where it belongs, keyed, marked and verbatim, and the session says so")
    func everyKind() async throws {
        let harness = try BridgeHarness()
        let now = WallClock.now()
        let old = now - .seconds(40)
        let live = (0..<300).map { TestTweets.id(now + .seconds(600) + .milliseconds($0), $0) }
        let older = (0..<20).map { TestTweets.id(old, $0) }
        let server = StreamServer { connection in
            connection.sendHead()
            guard connection.partition == 1 else {
                connection.heartbeatUntilClosed()
                return
            }
            connection.send(lines: older.map(TestTweets.line))
            connection.send(lines: live.map(TestTweets.line) + ["", #"{"limit":{"track":1}}"#])
            connection.send(lines: [
                #"{"delete":{"status":{"id":\#(live[0]),"id_str":"\#(live[0])","user_id":1}}}"#, "not json",
                #"{"user_delete":{"id":771136850}}"#,
            ])
            connection.heartbeatUntilClosed()
        }
        let settings = try harness.settings(server.baseURL)
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("both sessions and all records") {
                let sessions = try harness.sessions()
                return sessions.count == 2
                    && sessions.contains {
                        $0.counters.acknowledged == 321 && $0.counters.compliance == 1 && $0.counters.deadletter == 1
                    }
            }
        }
        let raw = try harness.read(harness.topics.raw)
        #expect(raw.count == 321)
        let lines = Dictionary(
            uniqueKeysWithValues: (live + older).map { (String($0), TestTweets.line($0)) }
        )
        for record in raw {
            let key = try #require(record.key)
            let expected = Array(key.utf8).withUnsafeBytes {
                KafkaPartitioner.partition(of: $0, count: Int32(BridgeHarness.partitions))
            }
            #expect(record.partition == expected)
            if let value = record.value { #expect(value == lines[key]) }
            #expect((record.timestamp ?? 0) >= now.milliseconds)
            let source = older.contains { String($0) == key } ? "backfill" : "live"
            #expect(record.header?.split(separator: " ").prefix(3) == ["c=a", "p=1", "s=\(source)"])
        }
        #expect(raw.filter { $0.value == nil }.map(\.key) == [String(live[0])])
        let deadletter = try harness.read(harness.topics.deadletter)
        #expect(deadletter.map(\.value) == ["not json"])
        #expect(deadletter.first?.header?.hasSuffix(" e=malformed") == true)
        let compliance = try harness.read(harness.topics.compliance)
        #expect(compliance.map(\.key) == ["771136850"])

        let sessions = try harness.sessions()
        #expect(sessions.map(\.closed) == [.shutdown, .shutdown])
        let session = try #require(sessions.first { $0.stream.number == 1 })
        #expect(session.counters.tweets == 320)
        #expect(session.counters.deletes == 1)
        #expect(session.counters.notices == 1)
        #expect(session.counters.lost == 0)
        let counters = session.counters
        #expect(
            counters.framed == counters.acknowledged + counters.compliance + counters.deadletter + counters.heartbeats
                + counters.notices
        )
        let byPartition = Dictionary(grouping: raw, by: \.partition)
        for (partition, records) in byPartition {
            let offsets = records.map(\.offset)
            #expect(session.offsets[Int(partition)]?.first == offsets.min())
            #expect(session.offsets[Int(partition)]?.last == offsets.max())
        }
        #expect(harness.metrics.prometheusText().contains("decahose_bridge_unaccounted_messages"))
    }

    @Test("a dropped connection comes back, asking for backfill from the last covered moment")
    func reconnect() async throws {
        let harness = try BridgeHarness()
        let rightEnd = WallClock.now() - .seconds(100)
        var earlier = SessionRecord(
            connection: "a",
            stream: StreamPartition(product: .sample10, number: 1),
            session: "20200101T000000.000Z-00000000",
            host: "elsewhere:1",
            serverDate: rightEnd - .seconds(60),
            localDate: rightEnd - .seconds(60),
            backfill: .init(askedMinutes: 0)
        )
        earlier.covered = EventInterval(from: rightEnd - .seconds(50), to: rightEnd)
        try harness.write(earlier.key, earlier)
        let server = StreamServer { connection in
            connection.sendHead()
            connection.send(lines: [TestTweets.line(TestTweets.id(WallClock.now(), connection.partition))])
            connection.sendEnd()
        }
        let settings = try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("two sessions that the upstream ended") {
                try harness.sessions().filter { $0.closed == .upstreamEOF }.count >= 2
            }
        }
        #expect(server.requests.count >= 2)
        #expect(server.requests.allSatisfy { $0.contains("partition=1&backfill_minutes=2 ") })
        let sessions = try harness.sessions()
        #expect(sessions.first?.closed == .died)
        #expect(sessions.first?.covered == earlier.covered)
        #expect(sessions.dropFirst().allSatisfy { $0.backfill.askedMinutes == 2 })
    }

    @Test("a second bridge of the same name is refused, and with --take-over the first one gives way")
    func twins() async throws {
        let harness = try BridgeHarness()
        let server = StreamServer { connection in
            connection.sendHead()
            connection.heartbeatUntilClosed()
        }
        let settings = try harness.settings(server.baseURL, ["DECAHOSE_STREAM_PARTITIONS": "1"])
        let stream = StreamPartition(product: .sample10, number: 1)
        let stop = Mutex(false)
        let other = Task {
            // What another host's bridge of the same name writes: a record every 200 ms, until somebody claims the name.
            try await BlockingThread.run(named: "other-bridge") {
                var record = SessionRecord(
                    connection: "a",
                    stream: stream,
                    session: "20200101T000000.000Z-00000000",
                    host: "elsewhere:1",
                    serverDate: WallClock.now(),
                    localDate: WallClock.now(),
                    backfill: .init(askedMinutes: 0)
                )
                while !stop.withLock(\.self) {
                    record.sequence += 1
                    if try harness.read(harness.topics.control).contains(where: { $0.key == "claim:a:sample10/1" }) {
                        record.closed = .takenOver
                    }
                    try harness.write(record.key, record)
                    usleep(200_000)
                }
            }
        }
        try BridgeHarness.wait("the other bridge") { try !harness.sessions().isEmpty }
        let error = try await harness.runToItsEnd(settings)
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("elsewhere:1") == true)
        #expect(server.requests.isEmpty)
        try await harness.run(settings, takesOver: true) { harness in
            try BridgeHarness.wait("our own session") { try harness.sessions().contains { $0.host != "elsewhere:1" } }
        }
        stop.withLock { $0 = true }
        try await other.value
    }

    @Test("without its topics it stops and names the command that makes them")
    func missingTopics() async throws {
        let cluster = try KafkaMockCluster()
        let harness = try BridgeHarness()
        let settings = try harness.settings(
            "http://127.0.0.1:1",
            ["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers]
        )
        let error = try await harness.runToItsEnd(settings)
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("decahose topics create") == true)
    }

    @Test("another partition count than the recorded one stops it")
    func partitionCount() async throws {
        let harness = try BridgeHarness()
        try harness.write(
            TopicsRecord.key,
            TopicsRecord(partitions: 7, recordedAt: WallClock.now(), recordedBy: "test")
        )
        let error = try await harness.runToItsEnd(try harness.settings("http://127.0.0.1:1"))
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("7 are recorded") == true)
    }
}

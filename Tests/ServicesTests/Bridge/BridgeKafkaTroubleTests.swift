import Foundation
import Kafka
import Operations
import Services
import Settings
import Synchronization
import Testing
import Tweets

@Suite("A bridge when a topic, a batch or the producer is at fault", .serialized)
struct BridgeKafkaTroubleTests {
    private static let onePartition = ["DECAHOSE_STREAM_PARTITIONS": "1", "DECAHOSE_STREAM_HEARTBEAT_TIMEOUT": "300s"]

    private func ids(_ count: Int) -> [UInt64] {
        let now = WallClock.now()
        return (0..<count).map { TestTweets.id(now + .milliseconds($0 / 1000), $0 % 1000) }
    }

    private func bigLine(_ id: UInt64) -> String {
        #"{"text":"\#(String(repeating: "x", count: 3000))","id":\#(id),"id_str":"\#(id)"}"#
    }

    /// Runs a bridge; `trouble` comes after the session is open and before the lines do, `after` is waited for.
    private func run(
        _ lines: [String],
        _ more: [String: String] = [:],
        trouble: @escaping @Sendable (BridgeHarness) throws -> Void,
        after: @escaping @Sendable (BridgeHarness) throws -> Void
    ) async throws -> BridgeHarness {
        let harness = try BridgeHarness()
        let isOpen = Mutex(false)
        let server = StreamServer.sending(lines, isOpen: { isOpen.withLock(\.self) })
        let settings = try harness.settings(server.baseURL, Self.onePartition.merging(more) { $1 })
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("the session") { try !harness.sessions().isEmpty }
            try trouble(harness)
            isOpen.withLock { $0 = true }
            try after(harness)
        }
        return harness
    }

    /// All of them in raw, none aside, none lost.
    private func expectAll(_ ids: [UInt64], in harness: BridgeHarness) throws {
        let raw = try harness.read(harness.topics.raw)
        #expect(Set(raw.compactMap(\.key)) == Set(ids.map(String.init)))
        #expect(try harness.read(harness.topics.deadletter).isEmpty)
        let session = try #require(try harness.sessions().last)
        #expect(session.counters.lost == 0 && session.counters.deadletter == 0)
        #expect(session.counters.acknowledged == Int64(ids.count))
        #expect(session.holes.isEmpty)
        #expect(session.closed == .shutdown)
    }

    @Test("a topic that is closed to it for a while costs nothing, however much had been handed over, and is named")
    func topicClosed() async throws {
        let ids = ids(3000)
        let harness = try await run(ids.map(bigLine), ["DECAHOSE_BRIDGE_BUFFER_BYTES": "4MiB"]) { harness in
            try harness.cluster.setDown()
        } after: { harness in
            try BridgeHarness.wait("a full buffer") { Int(harness.status("bufferedRecords")) ?? 0 > 1300 }
            harness.cluster.failNextRequests(
                .produce,
                with: [KafkaErrorCode](repeating: .topicAuthorizationFailed, count: 10_000)
            )
            try harness.cluster.setUp()
            try BridgeHarness.wait("the whole buffer's refusal, twice") {
                Int(harness.status("refusedRecords")) ?? 0 > 2600
            }
            #expect(harness.status("kafkaProblem").contains("Grant it Write and Describe"))
            #expect(harness.board.problems.contains { $0.contains("decahose.raw") })
            // What is held and what is buffered, together, are no more than the buffer.
            #expect((Int(harness.status("bufferedRecords")) ?? 0) * 3000 < 5 << 20)
            harness.cluster.clearRequestErrors(.produce)
            try BridgeHarness.wait("all records") { harness.status("acknowledged") == "3000" }
            #expect(harness.status("kafkaProblem").isEmpty)
        }
        try expectAll(ids, in: harness)
    }

    @Test("a topic that is gone for a while, as metadata tell, loses nothing")
    func topicGone() async throws {
        let ids = ids(400)
        let more = [
            "DECAHOSE_KAFKA_TOPIC_METADATA_REFRESH_INTERVAL_MS": "100",
            "DECAHOSE_KAFKA_TOPIC_METADATA_PROPAGATION_MAX_MS": "0",
        ]
        let harness = try await run(ids.map(TestTweets.line), more) { harness in
            harness.cluster.setTopicError(harness.topics.raw, .unknownTopicOrPartition)
            // Until the bridge's producer has heard of it.
            usleep(500_000)
        } after: { harness in
            try BridgeHarness.wait("the problem") { harness.status("kafkaProblem").contains("decahose topics check") }
            harness.cluster.setTopicError(harness.topics.raw, .none)
            try BridgeHarness.wait("all records") { harness.status("acknowledged") == "400" }
        }
        try expectAll(ids, in: harness)
    }

    @Test("too few replicas are never the record's fault, even where the user limits librdkafka's own retries")
    func retriesLimited() async throws {
        let ids = ids(300)
        let more = ["DECAHOSE_KAFKA_RETRIES": "1", "DECAHOSE_KAFKA_RETRY_BACKOFF_MS": "1"]
        let harness = try await run(ids.map(TestTweets.line), more) { harness in
            harness.cluster.failNextRequests(
                .produce,
                with: [KafkaErrorCode](repeating: .notEnoughReplicas, count: 40)
            )
        } after: { harness in
            try BridgeHarness.wait("refusals that reach the bridge") {
                Int(harness.status("refusedRecords")) ?? 0 > 0
            }
            harness.cluster.clearRequestErrors(.produce)
            try BridgeHarness.wait("all records") { harness.status("acknowledged") == "300" }
        }
        try expectAll(ids, in: harness)
    }

    @Test("a broker that takes half a second for every answer costs nothing")
    func slow() async throws {
        let ids = ids(2000)
        let harness = try await run(ids.map(bigLine), ["DECAHOSE_BRIDGE_BUFFER_BYTES": "1MiB"]) { harness in
            try harness.cluster.setRoundTrip(.milliseconds(500))
        } after: { harness in
            try BridgeHarness.wait("all records") { harness.status("acknowledged") == "2000" }
            try harness.cluster.setRoundTrip(.zero)
        }
        try expectAll(ids, in: harness)
    }

    @Test("fatal errors with a full buffer: the next producer sends everything, none is lost")
    func fatal() async throws {
        let ids = ids(2500)
        let harness = try await run(ids.map(bigLine), ["DECAHOSE_BRIDGE_BUFFER_BYTES": "4MiB"]) { harness in
            try harness.cluster.setDown()
        } after: { harness in
            try BridgeHarness.wait("a full buffer") { Int(harness.status("bufferedRecords")) ?? 0 > 1300 }
            let sequenceError = KafkaErrorCode.outOfOrderSequenceNumber
            harness.cluster.failNextRequests(.produce, with: [sequenceError, sequenceError, sequenceError])
            try harness.cluster.setUp()
            try BridgeHarness.wait("all records") { harness.status("acknowledged") == "2500" }
        }
        try expectAll(ids, in: harness)
    }

    @Test("while raw has no leader and the buffer is full, control still shows that the bridge lives")
    func controlPastAFullBuffer() async throws {
        let ids = ids(1500)
        let harness = try await run(ids.map(bigLine), ["DECAHOSE_BRIDGE_BUFFER_BYTES": "1MiB"]) { harness in
            for partition in 0..<BridgeHarness.partitions {
                try harness.cluster.setLeader(
                    of: KafkaPartition(topic: harness.topics.raw, partition: Int32(partition)),
                    to: nil
                )
            }
        } after: { harness in
            try BridgeHarness.wait("a full buffer") { Int(harness.status("bufferedRecords")) ?? 0 > 300 }
            let before = try harness.sessions().last?.sequence ?? 0
            try BridgeHarness.wait("further records") { try harness.sessions().last?.sequence ?? 0 >= before + 3 }
            #expect(try harness.sessions().last?.counters.acknowledged == 0)
            for partition in 0..<BridgeHarness.partitions {
                try harness.cluster.setLeader(
                    of: KafkaPartition(topic: harness.topics.raw, partition: Int32(partition)),
                    to: 1
                )
            }
            try BridgeHarness.wait("all records") { harness.status("acknowledged") == "1500" }
        }
        try expectAll(ids, in: harness)
    }

    @Test("an offset that the broker does not repeat is inside the session's, between what was told and the end")
    func duplicateSequence() async throws {
        let harness = try BridgeHarness(partitions: 1)
        let now = WallClock.now()
        let before = (0..<100).map { TestTweets.id(now, $0) }
        let after = (100..<200).map { TestTweets.id(now, $0) }
        let isOpen = Mutex(false)
        let server = StreamServer { connection in
            connection.sendHead()
            connection.send(lines: before.map(TestTweets.line))
            while !isOpen.withLock(\.self) { guard connection.send(lines: [""]) else { return } }
            connection.send(lines: after.map(TestTweets.line))
            connection.heartbeatUntilClosed()
        }
        try await harness.run(try harness.settings(server.baseURL, Self.onePartition)) { harness in
            try BridgeHarness.wait("the first hundred") { harness.status("acknowledged") == "100" }
            harness.cluster.failNextRequests(
                .produce,
                with: [KafkaErrorCode](repeating: .duplicateSequenceNumber, count: 1000)
            )
            isOpen.withLock { $0 = true }
            try BridgeHarness.wait("the second hundred") { harness.status("acknowledged") == "200" }
            harness.cluster.clearRequestErrors(.produce)
        }
        let session = try #require(try harness.sessions().last)
        // The mock keeps none of a batch that it calls a duplicate, so the end stays where the first hundred left it; what
        // counts is that no record was given the 0, 1, 2, … that librdkafka makes of the missing offset.
        #expect(session.offsets == [0: SessionRecord.Offsets(first: 0, last: 99)])
        #expect(session.counters.acknowledged == 200)
    }

    @Test("a line that fits its own limit but not a record's is lost with its ID, and the session settles")
    func almostOversize() async throws {
        let created = WallClock.now()
        let id = TestTweets.id(created)
        let head = #"{"id":\#(id),"id_str":"\#(id)","text":""#
        let line = head + String(repeating: "y", count: (8 << 20) - 10 - head.utf8.count - 2) + #""}"#
        let more = ["DECAHOSE_BRIDGE_MAX_MESSAGE_BYTES": "8MiB"]
        let harness = try await run([line, TestTweets.line(TestTweets.id(created, 1))], more) { _ in
        } after: { harness in
            try BridgeHarness.wait("both lines") {
                harness.status("acknowledged") == "1" && harness.status("lost") == "1"
            }
        }
        let session = try #require(try harness.sessions().last)
        #expect(session.holes.map { $0.contains(created) } == [true])
        #expect(session.closed == .shutdown)
    }

    @Test("properties that do not fit each other end it with exit code 78 and librdkafka's own words")
    func misfit() async throws {
        let harness = try BridgeHarness()
        let error = try await harness.runToItsEnd(
            try harness.settings("http://127.0.0.1:1", ["DECAHOSE_KAFKA_MAX_IN_FLIGHT": "20"])
        )
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("max.in.flight") == true)
    }
}

import Foundation
import Kafka
import Operations
import Services
import Settings
import Synchronization
import Testing
import Tweets

@Suite("A bridge when Kafka refuses, stalls or is away", .serialized)
struct BridgeKafkaFaultTests {
    private static let onePartition = ["DECAHOSE_STREAM_PARTITIONS": "1", "DECAHOSE_STREAM_HEARTBEAT_TIMEOUT": "300s"]

    @Test(
        "refused once, with a passing error or for good, every record is in raw in the end",
        arguments: [
            KafkaErrorCode.invalidRecord, .recordTooLarge, .notEnoughReplicas, .notEnoughReplicasAfterAppend,
            .notLeader,
            .topicAuthorizationFailed, .storageError,
            // OUT_OF_ORDER_SEQUENCE_NUMBER, which an idempotent producer takes as fatal.
            KafkaErrorCode(rawValue: 45),
        ]
    )
    func refusedOnce(code: KafkaErrorCode) async throws {
        let harness = try BridgeHarness()
        let ids = (0..<500).map { TestTweets.id(WallClock.now(), $0) }
        let isOpen = Mutex(false)
        let server = StreamServer.sending(ids.map(TestTweets.line), isOpen: { isOpen.withLock(\.self) })
        try await harness.run(try harness.settings(server.baseURL, Self.onePartition)) { harness in
            try BridgeHarness.wait("the session") { try !harness.sessions().isEmpty }
            harness.cluster.failNextRequests(.produce, with: [code, code])
            isOpen.withLock { $0 = true }
            try BridgeHarness.wait("all records acknowledged after \(code.name)") {
                try harness.sessions().contains { $0.counters.acknowledged == 500 }
            }
        }
        let raw = try harness.read(harness.topics.raw)
        #expect(Set(raw.compactMap(\.key)) == Set(ids.map(String.init)))
        let session = try #require(try harness.sessions().last)
        #expect(session.counters.lost == 0)
        #expect(session.counters.deadletter == 0)
        #expect(session.holes.isEmpty)
    }

    @Test("what no topic takes is lost, and its second is a hole of the session")
    func lost() async throws {
        let harness = try BridgeHarness()
        let created = WallClock.now()
        let isOpen = Mutex(false)
        let server = StreamServer.sending(
            [TestTweets.line(TestTweets.id(created))],
            isOpen: { isOpen.withLock(\.self) }
        )
        try await harness.run(try harness.settings(server.baseURL, Self.onePartition)) { harness in
            try BridgeHarness.wait("the session") { try !harness.sessions().isEmpty }
            harness.cluster.failNextRequests(
                .produce,
                with: [KafkaErrorCode](repeating: .invalidRecord, count: 200)
            )
            isOpen.withLock { $0 = true }
            try BridgeHarness.wait("a refusal") { Int(harness.status("refusedRecords")) ?? 0 >= 3 }
            try BridgeHarness.wait("the loss") {
                harness.status("lost") == "1"
            }
            harness.cluster.clearRequestErrors(.produce)
        }
        let session = try #require(try harness.sessions().last)
        #expect(session.counters.lost == 1)
        #expect(session.counters.acknowledged == 0)
        #expect(session.holes.map { $0.contains(created) } == [true])
        #expect(try harness.read(harness.topics.raw).isEmpty)
    }

    @Test("while Kafka is away the buffer fills to its limit, reading stops, and nothing is lost")
    func away() async throws {
        let harness = try BridgeHarness()
        let padding = String(repeating: "x", count: 3000)
        let ids = (0..<2000).map { TestTweets.id(WallClock.now() + .milliseconds($0 / 1000), $0 % 1000) }
        let lines = ids.map { #"{"text":"\#(padding)","id":\#($0),"id_str":"\#($0)"}"# }
        let isOpen = Mutex(false)
        let server = StreamServer.sending(lines, isOpen: { isOpen.withLock(\.self) })
        var more = Self.onePartition
        more["DECAHOSE_BRIDGE_BUFFER_BYTES"] = "1MiB"
        let settings = try harness.settings(server.baseURL, more)
        try await harness.run(settings) { harness in
            try BridgeHarness.wait("the session") { try !harness.sessions().isEmpty }
            try harness.cluster.setDown()
            isOpen.withLock { $0 = true }
            try BridgeHarness.wait("the full buffer") { Int(harness.status("bufferedRecords")) ?? 0 > 250 }
            let buffered = Int(harness.status("bufferedRecords")) ?? 0
            #expect(buffered * 3000 <= 1 << 20)
            #expect(harness.status("unaccounted") == "0")
            try BridgeHarness.wait("an operator to be told of both, in\n\(harness.log.text)") {
                harness.log.text.contains("Kafka cannot be reached: no broker answers.")
                    && harness.log.text.contains("The buffer for Kafka is full: reading has stopped")
            }
            try harness.cluster.setUp()
            try BridgeHarness.wait("all records") {
                try harness.sessions().contains { $0.counters.acknowledged >= 2000 }
            }
            try BridgeHarness.wait("the good news, in\n\(harness.log.text)") {
                harness.log.text.contains("Kafka takes records again.")
                    && harness.log.text.contains("The buffer for Kafka has drained")
            }
        }
        let raw = try harness.read(harness.topics.raw)
        #expect(Set(raw.compactMap(\.key)) == Set(ids.map(String.init)))
        #expect(raw.count == ids.count)
        let session = try #require(try harness.sessions().last)
        #expect(session.counters.lost == 0)
        #expect(session.closed == .shutdown)
    }

    @Test("a line longer than any topic takes is lost with its ID; a long one goes whole to the deadletter topic")
    func oversize() async throws {
        let harness = try BridgeHarness()
        let created = WallClock.now()
        func line(_ bytes: Int, _ number: Int) -> String {
            let id = TestTweets.id(created, number)
            return #"{"id":\#(id),"id_str":"\#(id)","text":"\#(String(repeating: "y", count: bytes))"}"#
        }
        let server = StreamServer.sending([line(9 << 20, 1), line(70 << 10, 2), line(100, 3)])
        var more = Self.onePartition
        more["DECAHOSE_BRIDGE_MAX_MESSAGE_BYTES"] = "64KiB"
        try await harness.run(try harness.settings(server.baseURL, more)) { harness in
            try BridgeHarness.wait("the last line") {
                try harness.sessions().contains { $0.counters.acknowledged == 1 && $0.counters.deadletter == 1 }
            }
        }
        #expect(try harness.read(harness.topics.raw).map(\.key) == [String(TestTweets.id(created, 3))])
        let aside = try harness.read(harness.topics.deadletter)
        #expect(aside.map(\.value) == [line(70 << 10, 2)])
        #expect(aside.first?.header?.hasSuffix(" e=oversize") == true)
        let session = try #require(try harness.sessions().last)
        #expect(session.counters.lost == 1)
        #expect(session.holes.map { $0.contains(created) } == [true])
    }
}

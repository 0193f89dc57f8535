import Foundation
import Glibc
import KafkaTestSupport
import StreamClient
import Testing

@Suite(
    "Three coordinators as processes",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .timeLimit(.minutes(10))
)
struct CoordinatorTakeoverTests {
    private struct Status: Decodable {
        var leading: Bool
    }

    private struct Gaps: Decodable {
        struct Gap: Decodable {
            struct Job: Decodable {
                var id: String
                var state: String
                var received: Int
            }

            var id: String
            var state: String
            var jobs: [Job]
        }

        var gaps: [Gap]
    }

    /// A coordinator and where it answers.
    private struct Coordinator {
        var process: RunningExecutable
        var url: String

        init(_ environment: [String: String]) throws {
            process = try RunningExecutable(["coordinator"], environment: environment)
            url = try process.says("Status is served. url=")
        }

        /// Nil where it does not answer.
        func ask<Document: Decodable>(_ type: Document.Type, _ path: String) -> Document? {
            guard let answer = try? WebRequest(url: url + path, timeout: .seconds(2)).send() else { return nil }
            return try? JSONDecoder().decode(type, from: Data(answer.body))
        }

        var isLeading: Bool { ask(Status.self, "/status")?.leading ?? false }
    }

    private func eventually<Result>(
        _ what: String,
        within seconds: Double,
        _ look: () throws -> Result?
    ) throws -> Result {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while ContinuousClock.now < deadline {
            if let result = try look() { return result }
            usleep(100_000)
        }
        throw RunningExecutable.Late(description: "not within \(seconds) s: \(what)")
    }

    @Test("one leads; killed or stalled during a job, another goes on, and the ex-leader is fenced and says so")
    func takeover() throws {
        let upstream = try RunningExecutable([
            "simulate", "--dialect", "v2", "--rate", "100", "--recovery-speed", "0.7", "--json",
        ])
        let line = try upstream.says("{\"url\":\"")
        let (servers, prefix) = (try RealBroker.shared().bootstrapServers, RealBroker.uniqueName("takeover"))
        let environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": servers, "DECAHOSE_TOPICS_PREFIX": prefix,
            "DECAHOSE_STREAM_BASE_URL": String(line.prefix { $0 != "\"" }),
            "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
            "DECAHOSE_STREAM_DELIVERY_SLACK": "10s", "DECAHOSE_STREAM_BACKFILL": "false",
            "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0", "DECAHOSE_BRIDGE_CONNECTION": "a",
            "DECAHOSE_DEDUP_INSTANCE": "one",
        ]
        let topics = try BuiltExecutable.run(
            ["topics", "create", "--partitions", "2", "--replication-factor", "1"],
            environment: environment
        )
        try #require(topics.exitCode == 0, "\(topics.errors)")
        let dedup = try RunningExecutable(["dedup"], environment: environment)
        var coordinators = try (0..<3).map { _ in try Coordinator(environment) }
        let bridge = try RunningExecutable(["bridge"], environment: environment)
        try bridge.says("the stream is read.")
        let first = try eventually("a leader", within: 60) { coordinators.firstIndex(where: \.isLeading) }
        #expect(coordinators.count { $0.isLeading } == 1)
        sleep(20)

        // A gap whose recovery takes longer than any hand-over.
        bridge.send(SIGKILL)
        sleep(25)
        let again = try RunningExecutable(["bridge"], environment: environment)
        try again.says("the stream is read.")
        func gaps() -> [Gaps.Gap] {
            coordinators.lazy.filter(\.isLeading).compactMap { $0.ask(Gaps.self, "/gaps")?.gaps }.first ?? []
        }
        _ = try eventually("a job at work", within: 120) {
            gaps().first { $0.jobs.contains { $0.state == "running" && $0.received > 0 } }
        }

        let killedAt = ContinuousClock.now
        coordinators[first].process.send(SIGKILL)
        let second = try eventually("another leader", within: 60) {
            coordinators.indices.first { $0 != first && coordinators[$0].isLeading }
        }
        let handover = ContinuousClock.now - killedAt
        print("coordinator: another leads \(handover) after kill -9")
        #expect(handover < .seconds(25), "the session time-out is 10 s")
        _ = try eventually("the job goes on", within: 90) {
            gaps().first { $0.jobs.contains { $0.state == "running" || $0.state == "completed" } }
        }

        // Stalled for a minute, past every time-out: another one leads, and when it wakes it must not write.
        coordinators[second].process.send(SIGSTOP)
        let stalledAt = ContinuousClock.now
        let third = try eventually("a third leader", within: 90) {
            coordinators.indices.first { $0 != first && $0 != second && coordinators[$0].isLeading }
        }
        while ContinuousClock.now - stalledAt < .seconds(60) { usleep(100_000) }
        coordinators[second].process.send(SIGCONT)
        try coordinators[second].process.says("This coordinator no longer leads.", within: 60)
        #expect(coordinators[third].isLeading)
        #expect(!coordinators[second].isLeading)

        let settled = try eventually("every gap settled", within: 240) {
            let now = gaps()
            return now.isEmpty || !now.allSatisfy { $0.state == "settled" || $0.state == "withdrawn" } ? nil : now
        }
        // No job was made a second time because of the changes: each gap has the one that filled it.
        for gap in settled where gap.state == "settled" {
            #expect(gap.jobs.count == 1, "\(gap)")
            #expect(gap.jobs.allSatisfy { $0.state == "completed" })
        }
        // Nor have those of the dead and of the stalled done any harm: what they brought is in the clean topic once.
        let topic = "\(prefix).tweets"
        let copies = try TopicReading.records(topic, partitions: 2, servers: servers).reduce(into: [:]) {
            $0[$1.key, default: 0] += $1.value == nil ? 0 : 1
        }
        #expect(copies.count > 1000)
        #expect(copies.values.allSatisfy { $0 <= 1 }, "\(copies.filter { $0.value > 1 }.count) came twice")
        for index in [second, third] {
            coordinators[index].process.send(SIGTERM)
            #expect(try coordinators[index].process.end() == 0)
        }
        coordinators = []
        withExtendedLifetime((upstream, dedup, again)) {}
    }
}

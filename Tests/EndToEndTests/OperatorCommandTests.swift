import Foundation
import Glibc
import Kafka
import StreamClient
import Testing
import Tweets

/// A coordinator that leads on a mock cluster, a bridge, and a world that is ten minutes old.
@Suite("Operators' commands against a running coordinator", .serialized, .timeLimit(.minutes(5)))
struct OperatorCommandTests {
    private final class Stage {
        let cluster: KafkaMockCluster
        let simulator: RunningExecutable
        let bridge: RunningExecutable
        let coordinator: RunningExecutable
        let url: String
        let tokenFile = FileManager.default.temporaryDirectory.appending(path: "decahose-\(UUID().uuidString)")

        deinit {
            try? FileManager.default.removeItem(at: tokenFile)
        }

        init(_ more: [String: String] = [:]) throws {
            cluster = try KafkaMockCluster()
            let topics = TopicNames(prefix: "decahose")
            for topic in topics.all {
                try cluster.createTopic(topic, partitionCount: topic == topics.control ? 1 : 8)
            }
            let start = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) - .seconds(600)
            let simulator = try RunningExecutable([
                "simulate", "--dialect", "v2", "--rate", "60", "--latency-scale", "0.01", "--request-limit", "0",
                "--start", "\(start)",
            ])
            self.simulator = simulator
            try "open sesame\n".write(to: tokenFile, atomically: true, encoding: .utf8)
            let environment = [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "DECAHOSE_STREAM_API": "v2",
                "DECAHOSE_STREAM_BASE_URL": "http://\(try simulator.says("http://"))",
                "DECAHOSE_STREAM_BEARER_TOKEN": "decahose", "DECAHOSE_STREAM_DELIVERY_SLACK": "2s",
                "DECAHOSE_BRIDGE_CONNECTION": "a", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
            ]
            let own = ["DECAHOSE_COORDINATOR_TOKEN_FILE": tokenFile.path].merging(more) { $1 }.filter { $0.value != "" }
            bridge = try RunningExecutable(["bridge"], environment: environment)
            let coordinator = try RunningExecutable(["coordinator"], environment: environment.merging(own) { $1 })
            self.coordinator = coordinator
            url = try coordinator.says("Status is served. url=")
            let address = url
            try eventually("a coordinator that leads and knows a stream partition", within: .seconds(90)) {
                let answer = try WebRequest(url: address + "/status").send()
                let text = String(decoding: answer.body, as: UTF8.self)
                return text.contains(#""leading":true"#) && text.contains(#""connection":"a""#)
            }
        }

        /// Runs a command as an operator does who has the token.
        func run(_ arguments: [String], _ more: [String: String] = [:]) throws -> BuiltExecutable.Result {
            let environment = [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers,
                "DECAHOSE_COORDINATOR_TOKEN_FILE": tokenFile.path,
            ]
            let given = environment.merging(more) { $1 }.filter { $0.value != "" }
            return try BuiltExecutable.run(arguments, environment: given)
        }
    }

    private func ago(_ seconds: Int64) -> String {
        (Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) - .seconds(seconds)).description
    }

    private func lines(_ text: String) -> [Substring] { text.split(separator: "\n") }

    @Test("a refusal is a sentence that says what to do, and never the server's JSON")
    func refusals() throws {
        let stage = try Stage()
        let stretch = ["--from", ago(300), "--to", ago(240)]
        let there = ["--url", stage.url]
        func refused(
            _ arguments: [String],
            _ environment: [String: String] = [:],
            code: Int32,
            says parts: [String]
        ) throws {
            let result = try stage.run(arguments, environment)
            #expect(result.exitCode == code, "\(arguments): \(result.errors)")
            #expect(result.output == "")
            for part in parts { #expect(result.errors.contains(part), "'\(part)' is not in: \(result.errors)") }
            #expect(!result.errors.contains("{"), "\(result.errors)")
            #expect(!result.errors.contains("sesame"))
        }
        try refused(
            ["backfill"] + stretch + there,
            ["DECAHOSE_COORDINATOR_TOKEN_FILE": ""],
            code: 78,
            says: ["wants a token, and none is set here", "coordinator.token_file", stage.url]
        )
        try refused(
            ["backfill"] + stretch + there,
            ["DECAHOSE_COORDINATOR_TOKEN_FILE": "", "DECAHOSE_COORDINATOR_TOKEN": "open barley"],
            code: 78,
            says: ["refuses the token in coordinator.token "]
        )
        try refused(
            ["jobs", "pause", "nothing"] + there,
            ["DECAHOSE_COORDINATOR_TOKEN_FILE": "/nowhere/token"],
            code: 78,
            says: ["coordinator.token_file", "/nowhere/token", "missing"]
        )
        try refused(
            ["backfill"] + stretch + ["--url", "http://127.0.0.1:1", "--url", "http://127.0.0.1:2"],
            code: 1,
            says: ["No coordinator answers", "http://127.0.0.1:1", "http://127.0.0.1:2", "--url"]
        )
        try refused(
            ["jobs", "cancel", "nothing"] + there,
            code: 1,
            says: ["there is no job nothing", "decahose jobs"]
        )
        try refused(
            ["backfill", "--from", "2020-01-01T00:00:00Z", "--to", "2020-01-01T01:00:00Z"] + there,
            code: 1,
            says: ["older than the 1 d that the upstream keeps"]
        )
        try refused(
            ["backfill", "--from", ago(5), "--to", ago(0)] + there,
            code: 1,
            says: ["too young", "ask again later"]
        )
        try refused(
            ["backfill", "--partition", "9"] + stretch + there,
            code: 1,
            says: ["stream partition 9 was never read", "sample10/1"]
        )
    }

    @Test("a coordinator without a token says that it takes no changes")
    func off() throws {
        let stage = try Stage(["DECAHOSE_COORDINATOR_TOKEN_FILE": ""])
        let result = try stage.run(["backfill", "--from", ago(300), "--to", ago(240), "--url", stage.url])
        #expect(result.exitCode == 78)
        #expect(result.errors.contains("takes no changes, since it has no token"))
    }

    @Test("a backfill at a small rate is one request, seen as it comes; it is paused, resumed and cancelled")
    func slow() throws {
        // A piece of the body takes longer than the heartbeat time-out at this rate.
        let stage = try Stage(["DECAHOSE_COORDINATOR_RECOVERY_RATE": "40", "DECAHOSE_STREAM_HEARTBEAT_TIMEOUT": "3s"])
        let stretch = ["--from", ago(360), "--to", ago(300), "--partition", "1", "--url", stage.url]
        let dry = try stage.run(["backfill", "--dry-run"] + stretch)
        #expect(dry.exitCode == 0, "\(dry.errors)")
        #expect(dry.output.contains("1 job would be made; nothing was changed."))
        #expect(lines(dry.output).allSatisfy { $0.count <= 80 }, "\(dry.output)")
        #expect(try stage.run(["jobs"]).output == "No recovery jobs.\n")

        let made = try stage.run(["backfill"] + stretch)
        #expect(made.exitCode == 0, "\(made.errors)")
        #expect(made.output.contains("1 job made"))
        let job = try #require(lines(made.output).dropFirst().first?.split(separator: " ").first.map(String.init))

        struct Jobs: Decodable {
            struct Job: Decodable {
                var id: String
                var state: String
                var attempts: Int
                var progress: Double
                var secondsLeft: Double?
            }

            var jobs: [Job]
        }
        func standing() throws -> Jobs.Job? {
            let answer = try WebRequest(url: stage.url + "/jobs").send()
            return try JSONDecoder().decode(Jobs.self, from: Data(answer.body)).jobs.first { $0.id == job }
        }
        var seen: Set<Int> = []
        try eventually("progress in steps", within: .seconds(120)) {
            guard let now = try standing() else { return false }
            #expect(now.attempts <= 1, "the request was given up: it was held back by us, and not dead")
            if now.state == "running", now.secondsLeft != nil { seen.insert(Int(now.progress * 100)) }
            #expect(now.state != "completed" || seen.count >= 4, "progress was seen at \(seen.sorted()) % only")
            return seen.filter { 0 < $0 && $0 < 90 }.count >= 4
        }
        let table = try stage.run(["jobs"]).output
        #expect(table.contains("\(job)  running"), "\(table)")
        #expect(table.contains("  [#"), "\(table)")

        let slower = try stage.run(["jobs", "rate", job, "20", "--url", stage.url])
        #expect(slower.exitCode == 0, "\(slower.errors)")
        #expect(
            slower.output.contains("at most 20 records a second") && lines(slower.output).allSatisfy { $0.count <= 80 }
        )
        #expect(try stage.run(["jobs", "rate", job, "--url", stage.url]).exitCode == 64)
        #expect(try stage.run(["jobs", "rate", job, "0", "--url", stage.url]).exitCode == 64)

        let paused = try stage.run(["jobs", "pause", job, "--url", stage.url])
        #expect(paused.exitCode == 0, "\(paused.errors)")
        #expect(paused.output.contains(job) && !paused.output.contains("{"))
        try eventually("it is paused") { try standing()?.state == "paused" }
        let twice = try stage.run(["jobs", "pause", job, "--url", stage.url])
        #expect(twice.exitCode == 1)
        #expect(twice.errors.contains("is paused already"))
        let resumed = try stage.run(["jobs", "resume", job, "--url", stage.url, "--json"])
        #expect(resumed.exitCode == 0, "\(resumed.errors)")
        #expect(resumed.output == "{\"job\":\"\(job)\"}\n")
        try eventually("it goes on") { try standing().map { $0.state == "running" && $0.attempts == 2 } ?? false }
        let again = try stage.run(["jobs", "resume", job, "--url", stage.url])
        #expect(again.errors.contains("is running, not paused"))
        #expect(try stage.run(["jobs", "cancel", job, "--url", stage.url]).exitCode == 0)
        try eventually("it is cancelled") { try standing()?.state == "cancelled" }
        let late = try stage.run(["jobs", "pause", job, "--url", stage.url])
        #expect(late.exitCode == 1)
        #expect(late.errors.contains("is cancelled already"))
        for command in [["gaps"], ["jobs"], ["coverage"], ["gaps", "--since", "7d", "--unrecoverable"]] {
            let output = try stage.run(command).output
            #expect(lines(output).allSatisfy { $0.count <= 80 }, "\(output)")
        }
    }
}

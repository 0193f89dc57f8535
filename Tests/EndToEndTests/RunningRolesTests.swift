import Foundation
import Glibc
import Kafka
import StreamClient
import Testing
import Tweets

/// All roles at work at once, with every secret that there can be, at the highest level of the log.
@Suite("Every role at work: secrets, metrics, the level of the log", .serialized)
struct RunningRolesTests {
    private static let secrets = [
        "hunter-password", "hunter-token", "hunter-proxy", "hunter-sasl", "hunter-wrong",
        // The same as HTTP Basic sends it: ops@acme.example and the password.
        Data("ops@acme.example:hunter-password".utf8).base64EncodedString(),
        Data("ops@acme.example:hunter-wrong".utf8).base64EncodedString(),
    ]

    /// The three roles beside a simulated upstream and a mock cluster.
    private final class Stage {
        let cluster: KafkaMockCluster
        let roles: [RunningExecutable]
        let simulator: RunningExecutable
        private let passwordFile = FileManager.default.temporaryDirectory.appending(
            path: "decahose-\(UUID().uuidString)"
        )

        deinit {
            try? FileManager.default.removeItem(at: passwordFile)
        }

        init() throws {
            try "hunter-password".write(to: passwordFile, atomically: true, encoding: .utf8)
            cluster = try KafkaMockCluster()
            let topics = TopicNames(prefix: "decahose")
            for topic in topics.all {
                try cluster.createTopic(topic, partitionCount: topic == topics.control ? 1 : 4)
            }
            let simulator = try RunningExecutable([
                "simulate", "--dialect", "gnip", "--rate", "100", "--latency-scale", "0.01", "--request-limit", "0",
                "--username", "ops@acme.example", "--password-file", passwordFile.path,
            ])
            self.simulator = simulator
            let environment = [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "DECAHOSE_KAFKA_SASL_USERNAME": "u",
                "DECAHOSE_KAFKA_SASL_PASSWORD": "hunter-sasl", "DECAHOSE_KAFKA_DEBUG": "security,broker",
                "DECAHOSE_STREAM_ACCOUNT": "acme", "DECAHOSE_STREAM_USERNAME": "ops@acme.example",
                "DECAHOSE_STREAM_PASSWORD": "hunter-password",
                "DECAHOSE_STREAM_BASE_URL": "http://\(try simulator.says("http://"))",
                "DECAHOSE_STREAM_DELIVERY_SLACK": "2s", "DECAHOSE_COORDINATOR_TOKEN": "hunter-token",
                "DECAHOSE_DEDUP_INSTANCE": "d", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0", "DECAHOSE_LOG_LEVEL": "trace",
            ]
            func start(_ role: String, _ more: [String: String] = [:]) throws -> RunningExecutable {
                try RunningExecutable([role], environment: environment.merging(more) { $1 })
            }
            roles = try [
                start("bridge", ["DECAHOSE_BRIDGE_CONNECTION": "a"]), start("dedup"), start("coordinator"),
                // One that is refused, and one that finds no proxy.
                start(
                    "bridge",
                    [
                        "DECAHOSE_BRIDGE_CONNECTION": "b", "DECAHOSE_STREAM_PASSWORD": "hunter-wrong",
                        "DECAHOSE_LOG_FORMAT": "json",
                    ]
                ),
                start(
                    "bridge",
                    [
                        "DECAHOSE_BRIDGE_CONNECTION": "c",
                        "DECAHOSE_STREAM_PROXY": "http://me:hunter-proxy@127.0.0.1:1",
                    ]
                ),
            ]
        }

        /// The addresses of the roles, in their order.
        func urls() throws -> [String] {
            try roles.map { role in
                _ = try role.says("Status is served.")
                try eventually("an address") { Self.url(role) != nil }
                return Self.url(role) ?? ""
            }
        }

        private static func url(_ role: RunningExecutable) -> String? {
            role.output.split { " \",}\n".contains($0) }.compactMap { word in
                word.range(of: "http://127.0.0.1:").map { String(word[$0.lowerBound...]) }
            }.first { $0.dropFirst(17).allSatisfy(\.isNumber) }
        }
    }

    private func get(_ url: String) throws -> String {
        String(decoding: try WebRequest(url: url).send().body, as: UTF8.self)
    }

    @Test("no secret is in a log, status, metric, readiness, page or refusal, whatever fails")
    func secrets() throws {
        let stage = try Stage()
        let urls = try stage.urls()
        _ = try stage.roles[0].says("Connected: the stream is read.")
        try eventually("a refusal of the wrong password") { stage.roles[3].output.contains("401") }
        try eventually("a proxy that is not there") { try get(urls[4] + "/status").contains("lastError") }
        try eventually("Tweets through dedup") {
            try get(urls[1] + "/metrics").contains("decahose_dedup_commits_total")
        }
        var said = ""
        for (url, role) in zip(urls, stage.roles) {
            for path in ["/status", "/metrics", "/readyz", "/healthz", "/nothing"] { said += try get(url + path) }
            role.send(SIGTERM)
            _ = try role.end()
            said += role.output
        }
        #expect(said.contains("trace") || said.contains("debug"))
        #expect(said.count > 10000)
        for secret in Self.secrets {
            if let range = said.range(of: secret) {
                let start = said.index(range.lowerBound, offsetBy: -200, limitedBy: said.startIndex) ?? said.startIndex
                Issue.record("\(secret) is told: …\(said[start..<range.upperBound])")
            }
        }
        // Lines of the one that writes JSON are JSON, each.
        for line in stage.roles[3].output.split(separator: "\n") {
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: String]
            #expect(object?["level"] != nil, "\(line)")
        }
    }

    @Test("promtool finds nothing to say about any role's metrics, and the reference has each of them")
    func metrics() throws {
        let stage = try Stage()
        let urls = try stage.urls().prefix(3)
        _ = try stage.roles[0].says("Connected: the stream is read.")
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
        let reference = try String(
            contentsOf: root.appending(path: "Sources/decahose/decahose.docc/Reference.md"),
            encoding: .utf8
        )
        for url in urls {
            let text = try get(url + "/metrics")
            let names = text.split(separator: "\n").filter { $0.hasPrefix("# TYPE ") }.map {
                $0.split(separator: " ")[2]
            }
            #expect(names.count >= 8)
            for name in names { #expect(reference.contains("| `\(name)` |"), "\(name) is not in Reference.md") }
            if FileManager.default.isExecutableFile(atPath: "/usr/bin/promtool") {
                #expect(try promtool(text) == "", "\(url)")
            }
        }
    }

    private func promtool(_ metrics: String) throws -> String {
        let process = Process()
        let (input, output) = (Pipe(), Pipe())
        process.executableURL = URL(filePath: "/usr/bin/promtool")
        process.arguments = ["check", "metrics"]
        process.standardInput = input
        process.standardOutput = output
        process.standardError = output
        try process.run()
        try input.fileHandleForWriting.write(contentsOf: Data(metrics.utf8))
        try input.fileHandleForWriting.close()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? "" : text + "exit code \(process.terminationStatus)"
    }

    @Test("SIGUSR1 shows more while the process runs, and SIGUSR2 takes that back")
    func logLevel() throws {
        let cluster = try KafkaMockCluster()
        for topic in TopicNames(prefix: "decahose").all { try cluster.createTopic(topic, partitionCount: 1) }
        let role = try RunningExecutable(
            ["coordinator"],
            environment: [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers, "DECAHOSE_STREAM_API": "v2",
                "DECAHOSE_STREAM_BEARER_TOKEN": "x", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
                "DECAHOSE_KAFKA_DEBUG": "broker",
            ]
        )
        try role.says("Status is served.")
        #expect(!role.output.contains(" debug "))
        role.send(SIGUSR1)
        try role.says("The level of the log has changed. level=debug")
        try role.says(" debug ")
        role.send(SIGUSR2)
        try role.says("The level of the log has changed. level=info")
        role.send(SIGTERM)
        #expect(try role.end() == 0)
    }
}

import Foundation
import Kafka
import Testing
import Tweets

@Suite("Tools at work: config and tail")
struct ToolCommandTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized

    private static let secret = FileManager.default.temporaryDirectory.appending(path: "decahose-\(UUID().uuidString)")

    @Test("the files in config/ are good for their roles, as a whole and with .env.example")
    func exampleFiles() throws {
        try "secret".write(to: Self.secret, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(at: Self.secret) }
        let password = ["DECAHOSE_STREAM_PASSWORD_FILE": Self.secret.path]
        for role in ["bridge", "dedup", "coordinator"] {
            let file = Self.root.appending(path: "config/\(role).toml").path
            let environment = role == "dedup" ? [:] : password
            let result = try BuiltExecutable.run(["config", "check", role, "--config", file], environment: environment)
            #expect(result.exitCode == 0, "\(role): \(result.output)\(result.errors)")
        }
        var environment = try exampleEnvironment()
        #expect(environment.count >= 7)
        environment["DECAHOSE_BRIDGE_CONNECTION"] = "a"
        environment.merge(password) { $1 }
        for (name, _) in environment where name.hasPrefix("DECAHOSE_KAFKA_") && name.hasSuffix("_FILE") {
            environment[name] = Self.secret.path
        }
        // The file of the example's authority is nowhere; that librdkafka looks for it is tested elsewhere.
        environment["DECAHOSE_KAFKA_SSL_CA_LOCATION"] = nil
        let result = try BuiltExecutable.run(
            ["config", "check", "bridge", "dedup", "coordinator", "tools"],
            environment: environment
        )
        #expect(result.exitCode == 0, "\(result.output)\(result.errors)")
    }

    /// The settings of `.env.example`, those that are commented out too.
    private func exampleEnvironment() throws -> [String: String] {
        let text = try String(contentsOf: Self.root.appending(path: "config/.env.example"), encoding: .utf8)
        var environment: [String: String] = [:]
        for line in text.split(separator: "\n") {
            let line = line.trimmingPrefix("# ")
            guard line.hasPrefix("DECAHOSE_"), let equals = line.firstIndex(of: "=") else { continue }
            environment[String(line[..<equals])] = String(line[line.index(after: equals)...])
        }
        return environment
    }

    @Test("config check names every problem at once and ends with 78; as JSON too; and shows no secret")
    func check() throws {
        let path = Self.secret.path + ".toml"
        try "[stream]\napi = \"v3\"\npassword = \"swordfish\"\n[kafka]\nacks = 1\nsasl.password = \"swordfish\"\n"
            .write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let text = try BuiltExecutable.run(["config", "check", "bridge", "--config", path])
        #expect(text.exitCode == 78)
        for part in [":2: stream.api: ", "bridge.connection: is required", ":5: kafka.acks: "] {
            #expect(text.output.contains(part), "\(part) is not in \(text.output)")
        }
        let json = try BuiltExecutable.run(["config", "check", "bridge", "--config", path, "--json"])
        #expect(json.exitCode == 78)
        let object = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: [[String: String]]]
        #expect(object?["problems"]?.count == text.output.split(separator: "\n").count)
        #expect(object?["problems"]?.contains { $0["key"] == "kafka.acks" && $0["origin"] == "\(path):5" } == true)
        #expect(!(text.output + text.errors + json.output).contains("swordfish"))
    }

    @Test("tail shows the clean topic from its beginning, for people and as JSON, and ends after so many")
    func tail() throws {
        let cluster = try KafkaMockCluster()
        let topics = TopicNames(prefix: "decahose")
        try cluster.createTopic(topics.tweets, partitionCount: 2)
        let producer = try KafkaProducer(["bootstrap.servers": cluster.bootstrapServers], observer: .silent)
        let topic = try producer.topic(topics.tweets, timeout: .seconds(30))
        let ids = (0..<4).map { TweetID(earliestAt: Instant(milliseconds: 1_795_466_701_250 + $0)).description }
        for (number, id) in ids.enumerated() {
            let value = number == 3 ? nil : Array("{}".utf8)
            let header = Array("c=a p=1 s=live n=x r=1795466703000".utf8)
            header.withUnsafeBytes { header in
                Array(id.utf8).withUnsafeBytes { key in
                    let send = { (bytes: UnsafeRawBufferPointer?) in
                        _ = producer.produce(
                            to: topic,
                            partition: Int32(number % 2),
                            key: key,
                            value: bytes,
                            timestampMilliseconds: 1_795_466_701_250,
                            header: KafkaHeader(RecordHeader.name, header)
                        )
                    }
                    if let value { value.withUnsafeBytes(send) } else { send(nil) }
                }
            }
        }
        #expect(producer.flush(timeout: .seconds(30)) { _ in })
        let environment = ["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers]
        let arguments = ["tail", "--from", "beginning", "--count", "4"]
        let text = try BuiltExecutable.run(arguments, environment: environment)
        #expect(text.exitCode == 0, "\(text.errors)")
        let lines = text.output.split(separator: "\n")
        #expect(lines.first?.hasPrefix("RECEIVED") == true)
        #expect(lines.count == 5)
        for id in ids { #expect(lines.contains { $0.contains(" \(id) ") && $0.contains(" a ") }) }
        let json = try BuiltExecutable.run(arguments + ["--json"], environment: environment)
        let records = try json.output.split(separator: "\n").map {
            try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any]
        }
        #expect(Set(records.compactMap { $0?["id"] as? String }) == Set(ids))
        #expect(records.filter { $0?["deleted"] as? Bool == true }.count == 1)
    }

    @Test("tail without its topic, and with a time that is none, says what to do")
    func tailRefusals() throws {
        let cluster = try KafkaMockCluster()
        let environment = ["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers]
        let missing = try BuiltExecutable.run(["tail"], environment: environment)
        #expect(missing.exitCode == 78)
        #expect(missing.errors.contains("has no topic decahose.tweets"))
        let usage = try BuiltExecutable.run(["tail", "--from", "yesterday"], environment: environment)
        #expect(usage.exitCode == 64)
    }
}

import Foundation
import Testing

@testable import Settings

@Suite("Configuration from file and environment")
struct ConfigurationTests {
    private func file(_ text: String) throws -> String {
        let path = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString).toml"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    @Test("every problem is reported at once, with file, line and key")
    func everyProblem() throws {
        let path = try file(
            """
            # a bridge
            [stream]
            api = "gnip2"
            delivery_slak = "120s"
            heartbeat_timeout = "soon"

            [bridge]
            connection = "a b"
            """
        )
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: InvalidConfiguration.self) {
            try BridgeSettings(
                Configuration(file: path, environment: ["DECAHOSE_STREAM_LABL": "x", "DECAHOSE_STREAM_USERNAME": "u"])
            )
        }
        let lines = try #require(error).problems.map(\.description)
        #expect(lines.count == 7)
        #expect(lines.contains("\(path):3: stream.api: 'gnip2' is not one of gnip, v2"))
        #expect(
            lines.contains(
                "\(path):4: stream.delivery_slak: unknown setting; the nearest known one is stream.delivery_slack"
            )
        )
        #expect(lines.contains { $0.hasPrefix("\(path):5: stream.heartbeat_timeout: 'soon' is not a duration") })
        #expect(lines.contains { $0.hasPrefix("\(path):8: bridge.connection: 'a b' is not") })
        #expect(lines.contains { $0.contains("nearest known one is DECAHOSE_STREAM_LABEL") })
        #expect(lines.contains { $0.hasPrefix("stream.account: is required") })
        #expect(lines.contains { $0.hasPrefix("stream.password: is required") })
    }

    @Test(
        "a table without a name is named by its line; the library behind would end the process",
        arguments: ["[\u{E9}]", "[[ .", " [", "[=x]"]
    )
    func namelessTable(header: String) throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "decahose-\(UUID().uuidString).toml").path
        try Data("# one\n[stream]\n\(header)\n".utf8).write(to: URL(filePath: path))
        defer { try? FileManager.default.removeItem(atPath: path) }
        let error = #expect(throws: InvalidConfiguration.self) { _ = try Configuration(file: path, environment: [:]) }
        #expect(error?.problems.first?.origin == "\(path):3")
    }

    @Test("the environment wins over the file, and kafka properties keep their dots")
    func precedence() throws {
        let path = try file("[kafka]\nbootstrap.servers = \"file:1\"\nlinger.ms = 7\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let configuration = try Configuration(
            file: path,
            environment: [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": "environment:2", "DECAHOSE_KAFKA_SECURITY_PROTOCOL": "ssl",
                "DECAHOSE_TEST_SEED": "1", "HOME": "/root",
            ]
        )
        let settings = try ToolSettings(configuration)
        #expect(settings.common.bootstrapServers == "environment:2")
        #expect(settings.common.kafka.map(\.name) == ["bootstrap.servers", "linger.ms", "security.protocol"])
        #expect(configuration.entry("kafka.linger.ms")?.origin == "\(path):3")
    }

    @Test("a bridge names everything that is missing for its dialect")
    func missing() throws {
        let configuration = try Configuration(file: nil, environment: [:])
        let error = #expect(throws: InvalidConfiguration.self) { try BridgeSettings(configuration) }
        #expect(
            Set(try #require(error).problems.map(\.key))
                == ["stream.account", "stream.username", "stream.password", "bridge.connection"]
        )
    }

    @Test("likes are refused with the reason")
    func likes() throws {
        let configuration = try Configuration(
            file: nil,
            environment: [
                "DECAHOSE_STREAM_PRODUCT": "sample10-likes", "DECAHOSE_STREAM_API": "v2",
                "DECAHOSE_STREAM_BEARER_TOKEN": "t", "DECAHOSE_BRIDGE_CONNECTION": "a",
            ]
        )
        let error = #expect(throws: InvalidConfiguration.self) { try BridgeSettings(configuration) }
        #expect(try #require(error).problems.map(\.key) == ["stream.product"])
    }

    @Test("a bad secret is never repeated in the problem, and a description shows nothing of it")
    func secrets() throws {
        let error = #expect(throws: InvalidConfiguration.self) {
            try ToolSettings(
                Configuration(
                    file: nil,
                    environment: [
                        "DECAHOSE_STREAM_PASSWORD": "", "DECAHOSE_STREAM_API": "hunter2x",
                        "DECAHOSE_STREAM_BASE_URL": "https://me:swordfish@host",
                    ]
                )
            )
        }
        #expect(try #require(error).problems.count == 3)
        #expect(error?.description.contains("swordfish") == false)
        let secret = Secret("hunter2")
        #expect("\(secret) \(String(reflecting: secret)) \([secret])".contains("hunter2") == false)
        var dumped = ""
        dump(SecretSource.value(secret), to: &dumped)
        #expect(!dumped.contains("hunter2"))
    }

    @Test("a secret given twice is refused, and one in a file is read anew each time")
    func secretFiles() throws {
        let path = try file("first\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let source = SecretSource.file(path)
        #expect(try source.read().reveal { $0 } == "first")
        try "second \n".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(try source.read().reveal { $0 } == "second")
        let configuration = try Configuration(
            file: nil,
            environment: [
                "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "t",
                "DECAHOSE_STREAM_BEARER_TOKEN_FILE": path, "DECAHOSE_BRIDGE_CONNECTION": "a",
            ]
        )
        #expect(throws: InvalidConfiguration.self) { try BridgeSettings(configuration) }
    }

    @Test("a secret of librdkafka is read from a file too, and is in no description")
    func kafkaSecrets() throws {
        let path = try file("swordfish\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        let settings = try ToolSettings(
            Configuration(file: nil, environment: ["DECAHOSE_KAFKA_SASL_PASSWORD_FILE": path])
        )
        #expect(settings.common.kafka.last?.value == "swordfish")
        #expect(settings.common.kafka.last?.name == "sasl.password")
        var dumped = "\(settings) \(String(reflecting: settings))"
        dump(settings, to: &dumped)
        #expect(!dumped.contains("swordfish"))

        let table = try file("[kafka]\nsasl.password_file = \"\(path).gone\"\nsasl.username = \"u\"\n")
        defer { try? FileManager.default.removeItem(atPath: table) }
        let missing = #expect(throws: InvalidConfiguration.self) {
            try ToolSettings(Configuration(file: table, environment: [:]))
        }
        #expect(missing?.description.hasPrefix("\(table):2: kafka.sasl.password_file: cannot read the secret") == true)
        let twice = #expect(throws: InvalidConfiguration.self) {
            try ToolSettings(Configuration(file: table, environment: ["DECAHOSE_KAFKA_SASL_PASSWORD": "x"]))
        }
        #expect(twice?.description.contains("kafka.sasl.password: is given twice") == true)
    }

    @Test("durations and sizes are read with their units only", arguments: ["5", "5 s", "-5s", "s", "1.5h", ""])
    func badDurations(text: String) {
        #expect(throws: ValueParser.Failure.self) { try ValueParser.duration(text) }
    }

    @Test("every row of the table has a default that its own kind accepts")
    func defaults() throws {
        for key in ConfigurationTable.keys {
            if let text = key.defaultText { try ValueParser.check(text, as: key.kind) }
            #expect(!key.roles.isEmpty && !key.help.isEmpty)
        }
    }

    @Test("a proxy may hold credentials: it is read from a file too, and a wrong one is refused without being shown")
    func proxy() throws {
        let base = [
            "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "t", "DECAHOSE_BRIDGE_CONNECTION": "a",
        ]
        func stream(_ more: [String: String]) throws -> StreamSettings {
            try BridgeSettings(Configuration(file: nil, environment: base.merging(more) { $1 })).stream
        }
        for url in ["http://robot:swordfish@proxy:3128", "https://proxy", "socks5h://10.0.0.1:1080"] {
            let settings = try stream(["DECAHOSE_STREAM_PROXY": url])
            #expect(try settings.proxy?.read().reveal { $0 } == url)
            #expect(!"\(settings)".contains("swordfish"))
        }
        #expect(try stream(["DECAHOSE_STREAM_PROXY_FILE": "/run/secrets/proxy"]).proxy == .file("/run/secrets/proxy"))
        #expect(try stream([:]).proxy == nil)
        for url in [
            "robot:swordfish@proxy:3128", "ftp://robot:swordfish@proxy", "http://robot:swordfish@", "http://:3128",
        ] {
            let error = #expect(throws: InvalidConfiguration.self) { try stream(["DECAHOSE_STREAM_PROXY": url]) }
            let text = try #require(error).description
            #expect(text.contains("stream.proxy: the value is not a proxy's URL"))
            #expect(!text.contains("swordfish"))
        }
    }

    @Test("a file of certificate authorities that cannot be read is refused at the start")
    func authorities() throws {
        let path = try file("-----BEGIN CERTIFICATE-----\n")
        defer { try? FileManager.default.removeItem(atPath: path) }
        func settings(_ path: String) throws -> BridgeSettings {
            try BridgeSettings(
                Configuration(
                    file: nil,
                    environment: [
                        "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BEARER_TOKEN": "t",
                        "DECAHOSE_BRIDGE_CONNECTION": "a", "DECAHOSE_STREAM_CA_FILE": path,
                    ]
                )
            )
        }
        #expect(try settings(path).stream.certificateAuthorityFile == path)
        let error = #expect(throws: InvalidConfiguration.self) { try settings(path + ".gone") }
        #expect(error?.description.contains("stream.ca_file: '\(path).gone' is missing") == true)
    }
}

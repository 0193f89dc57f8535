import Foundation
import Testing

@testable import Services
@testable import Settings

@Suite("What config check and config show say")
struct RoleConfigurationTests {
    private let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../config")
        .standardized.path

    private func rows(
        _ role: ConfigurationKey.Role,
        _ environment: [String: String] = [:]
    ) throws -> [String: RoleConfiguration.Row] {
        let file = role == .tools ? nil : "\(folder)/\(role.rawValue).toml"
        let configuration = try Configuration(file: file, environment: environment)
        let rows = try RoleConfiguration(configuration, role: role, hostName: "host").rows
        return Dictionary(rows.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }

    @Test("every setting of every role is shown, with the value in force or what holds instead")
    func complete() throws {
        for role in ConfigurationKey.Role.allCases {
            let rows = try rows(role)
            for key in ConfigurationTable.keys where key.roles.contains(role) {
                let row = try #require(rows[key.name] ?? rows[key.name + "_file"], "\(role) \(key.name)")
                #expect(!row.value.isEmpty)
                if let text = key.defaultText, row.origin == "default" { #expect(row.value == text) }
            }
        }
    }

    @Test("a setting comes from the file's line, the environment or the default, and defaults are worked out")
    func origins() throws {
        let bridge = try rows(.bridge, ["DECAHOSE_STREAM_LABEL": "dev"])
        #expect(bridge["stream.account"]?.origin == "\(folder)/bridge.toml:6")
        #expect(bridge["stream.label"] == .init(name: "stream.label", value: "dev", origin: "DECAHOSE_STREAM_LABEL"))
        #expect(bridge["stream.base_url"]?.value == "https://gnip-stream.twitter.com")
        #expect(bridge["stream.partitions"]?.value == "1,2")
        #expect(bridge["http.listen"]?.value == "127.0.0.1:9101")
        let dedup = try rows(.dedup, ["DECAHOSE_STREAM_API": "v2"])
        #expect(dedup["dedup.horizon"]?.value == "28h")
        #expect(try rows(.dedup)["dedup.horizon"]?.value == "124h")
        let stream = ["DECAHOSE_STREAM_BASE_URL": "http://one:1", "DECAHOSE_STREAM_PRODUCT": "firehose"]
        let coordinator = try rows(.coordinator, stream)
        #expect(coordinator["stream.recovery_base_url"]?.value == "http://one:1")
        #expect(coordinator["stream.partitions"]?.value.hasSuffix("19,20") == true)
        #expect(try rows(.tools)["kafka.bootstrap.servers"]?.value == "localhost:9092")
    }

    @Test("no secret is shown, and one in a file is shown as the file")
    func masked() throws {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).secret").path
        try "swordfish".write(toFile: path, atomically: true, encoding: .utf8)
        defer { try? FileManager.default.removeItem(atPath: path) }
        let rows = try rows(
            .coordinator,
            [
                "DECAHOSE_COORDINATOR_TOKEN": "swordfish", "DECAHOSE_STREAM_PROXY": "http://me:swordfish@proxy:1",
                "DECAHOSE_KAFKA_SASL_PASSWORD_FILE": path, "DECAHOSE_KAFKA_SSL_KEY_PASSWORD": "swordfish",
                "DECAHOSE_KAFKA_SASL_USERNAME": "u",
            ]
        )
        #expect(!rows.values.map(\.value).joined().contains("swordfish"))
        #expect(rows["coordinator.token"]?.value == "********")
        #expect(rows["kafka.ssl.key.password"]?.value == "********")
        #expect(rows["kafka.sasl.username"]?.value == "u")
        #expect(rows["stream.password_file"]?.value == "/etc/decahose/password")
        #expect(
            rows["kafka.sasl.password_file"]
                == .init(name: "kafka.sasl.password_file", value: path, origin: "DECAHOSE_KAFKA_SASL_PASSWORD_FILE")
        )
    }

    @Test("secrets' files, certificates and properties that do not fit are problems, beside all the others")
    func problems() throws {
        let configuration = try Configuration(
            file: "\(folder)/bridge.toml",
            environment: [
                "DECAHOSE_STREAM_PASSWORD_FILE": "/nowhere/password", "DECAHOSE_STREAM_LABL": "x",
                "DECAHOSE_KAFKA_SECURITY_PROTOCOL": "ssl", "DECAHOSE_KAFKA_SSL_CA_LOCATION": "/nowhere/ca.pem",
            ]
        )
        let problems = RoleConfiguration.problems(of: configuration, role: .bridge, hostName: "host")
        #expect(problems.map(\.key) == ["DECAHOSE_STREAM_LABL", "kafka"])
        #expect(problems.last?.message.contains("ssl.ca.location") == true, "\(problems)")
        #expect(problems.last?.origin == "DECAHOSE_KAFKA_SSL_CA_LOCATION")

        let good = try Configuration(
            file: "\(folder)/bridge.toml",
            environment: ["DECAHOSE_STREAM_PASSWORD_FILE": "/nowhere/password"]
        )
        let left = RoleConfiguration.problems(of: good, role: .bridge, hostName: "host")
        #expect(left.map(\.key) == ["stream.password_file"])
        #expect(left.first?.origin == "DECAHOSE_STREAM_PASSWORD_FILE")
    }
}

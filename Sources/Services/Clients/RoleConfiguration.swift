import FoundationEssentials
import Ingest
import Kafka
public import Settings

/// A role's configuration as `decahose config check` and `show` look at it.
public struct RoleConfiguration: Sendable {
    /// A setting in force.
    public struct Row: Hashable, Sendable, Encodable {
        /// Its name; for a secret out of a file the name ends in `_file`, and the value is the path.
        public var name: String
        /// As it would be written; secrets are masked, and what has no value says what holds instead, in parentheses.
        public var value: String
        /// `bridge.toml:12`, the environment variable, or `default`.
        public var origin: String
    }

    /// What is shown instead of a secret.
    static let mask = "********"
    /// Where a setting comes from that nobody gave.
    static let defaultOrigin = "default"

    private let configuration: Configuration
    private let role: ConfigurationKey.Role
    private let kafka: [CommonSettings.KafkaProperty]
    private let computed: [String: String]
    private let secrets: [(name: String, source: SecretSource)]

    /// Reads the settings of a role.
    ///
    /// - Parameter hostName: What `dedup.instance` is where it is not set.
    /// - Throws: ``InvalidConfiguration`` with every problem that the role itself would report at start.
    public init(
        _ configuration: Configuration,
        role: ConfigurationKey.Role,
        hostName: String
    ) throws(InvalidConfiguration) {
        self.configuration = configuration
        self.role = role
        switch role {
        case .bridge:
            let settings = try CheckedSettings.read(configuration, BridgeSettings.init)
            kafka = settings.common.kafka
            computed = Self.stream(settings.stream).merging(["http.listen": "\(settings.listen)"]) { $1 }
            secrets = Self.secrets(settings.stream)
        case .dedup:
            let settings = try CheckedSettings.read(configuration) { given throws(InvalidConfiguration) in
                try DedupSettings(given, hostName: hostName)
            }
            kafka = settings.common.kafka
            computed = [
                "dedup.instance": settings.instance, "dedup.horizon": ValueParser.describe(settings.horizon),
                "http.listen": "\(settings.listen)",
            ]
            secrets = []
        case .coordinator:
            let settings = try CheckedSettings.read(configuration, CoordinatorSettings.init)
            kafka = settings.common.kafka
            computed = Self.stream(settings.stream).merging(["http.listen": "\(settings.listen)"]) { $1 }
            secrets = Self.secrets(settings.stream) + (settings.token.map { [("coordinator.token", $0)] } ?? [])
        case .tools:
            let settings = try CheckedSettings.read(configuration, ToolSettings.init)
            kafka = settings.common.kafka
            computed = ["dedup.horizon": ValueParser.describe(settings.horizon)]
            secrets = settings.coordinatorToken.map { [("coordinator.token", $0)] } ?? []
        }
    }

    /// Everything that is wrong with a role's configuration: what the role would refuse at start, and what shows only in
    /// use, which are secrets' files that cannot be read, and librdkafka's properties that do not fit each other.
    ///
    /// Nothing is connected to.
    public static func problems(
        of configuration: Configuration,
        role: ConfigurationKey.Role,
        hostName: String
    ) -> [ConfigurationProblem] {
        let problems: [ConfigurationProblem]
        do {
            problems = try RoleConfiguration(configuration, role: role, hostName: hostName).unreadableSecrets
        } catch {
            problems = error.problems
        }
        return problems + clientProblems(configuration)
    }

    private var unreadableSecrets: [ConfigurationProblem] {
        secrets.compactMap { name, source in
            do {
                _ = try source.read()
                return nil
            } catch {
                let key = name + "_file"
                return ConfigurationProblem(origin: configuration.entry(key)?.origin, key: key, message: "\(error)")
            }
        }
    }

    /// What librdkafka says of its properties together, certificates' files and all; single ones it has judged already.
    private static func clientProblems(_ configuration: Configuration) -> [ConfigurationProblem] {
        // Without brokers the client has nobody to talk to.
        let offline = CommonSettings.kafkaProperties(of: configuration).properties.filter {
            !["bootstrap.servers", "metadata.broker.list"].contains($0.name)
        }
        let properties = KafkaProperties(offline.map { ($0.name, $0.value) })
        guard properties.problems().isEmpty else { return [] }
        do {
            _ = try KafkaAdmin(properties, observer: .silent)
            return []
        } catch {
            let origin = offline.first { error.message.contains($0.name) }?.origin
            return [ConfigurationProblem(origin: origin, key: "kafka", message: "librdkafka says: \(error.message)")]
        }
    }

    /// Every setting that the role reads, in the order of the reference, and librdkafka's properties as given.
    public var rows: [Row] {
        ConfigurationTable.keys.filter { $0.roles.contains(role) }.map(row) + kafkaRows
    }

    private func row(_ key: ConfigurationKey) -> Row {
        if key.isSecret, let file = configuration.entry(key.name + "_file") {
            return Row(name: key.name + "_file", value: file.text, origin: file.origin ?? Self.defaultOrigin)
        }
        guard let entry = configuration.entry(key.name) else {
            let value = computed[key.name] ?? ConfigurationReference.defaultDescription(of: key)
            return Row(name: key.name, value: value, origin: Self.defaultOrigin)
        }
        return Row(
            name: key.name,
            value: key.isSecret ? Self.mask : entry.text,
            origin: entry.origin ?? Self.defaultOrigin
        )
    }

    private var kafkaRows: [Row] {
        kafka.map { property in
            let name = ConfigurationTable.kafkaPrefix + property.name
            let origin = property.origin ?? Self.defaultOrigin
            if let file = configuration.entry(name + "_file") {
                return Row(name: name + "_file", value: file.text, origin: origin)
            }
            return Row(name: name, value: property.isSecret ? Self.mask : property.value, origin: origin)
        }
    }

    /// What holds for the stream where nobody says otherwise.
    private static func stream(_ settings: StreamSettings) -> [String: String] {
        let contract = settings.endpoint.contract
        return [
            "stream.base_url": contract.liveBaseURL,
            "stream.recovery_base_url": settings.baseURL ?? contract.recoveryBaseURL,
            "stream.partitions": settings.partitions.map(String.init).joined(separator: ","),
        ]
    }

    private static func secrets(_ settings: StreamSettings) -> [(name: String, source: SecretSource)] {
        var secrets: [(String, SecretSource)] = []
        switch settings.credentials {
        case .basic(_, let password): secrets.append(("stream.password", password))
        case .bearer(let token): secrets.append(("stream.bearer_token", token))
        }
        if let proxy = settings.proxy { secrets.append(("stream.proxy", proxy)) }
        return secrets
    }
}

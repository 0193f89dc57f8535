public import Tweets

/// What every role needs.
public struct CommonSettings: Sendable {
    /// How log lines look.
    public enum LogFormat: String, Sendable {
        /// For people.
        case text
        /// One JSON object a line.
        case json
    }

    /// All topics, groups and transactional IDs.
    public var topics: TopicNames
    /// librdkafka properties by their own names; `bootstrap.servers` is always among them.
    public var kafka: [KafkaProperty]
    /// The level's name in swift-log.
    public var logLevel: String
    /// How log lines look.
    public var logFormat: LogFormat

    /// A librdkafka property as given; a secret one is not in its description.
    public struct KafkaProperty: Hashable, Sendable, CustomStringConvertible, CustomReflectable {
        /// librdkafka's own name.
        public var name: String
        /// Its text.
        public var value: String
        /// Where it was given, for error messages; nil for our default.
        public var origin: String?

        /// A property from its parts.
        public init(name: String, value: String, origin: String? = nil) {
            self.name = name
            self.value = value
            self.origin = origin
        }

        /// Whether its value may never be printed.
        public var isSecret: Bool { KafkaSecrets.contains(name) }
        /// `name=value`, or `name=redacted`.
        public var description: String { "\(name)=\(isSecret ? "redacted" : value)" }
        /// Shows what the description shows.
        public var customMirror: Mirror { Mirror(self, children: ["property": description]) }
    }

    init(reader: inout SettingsReader) {
        topics = TopicNames(prefix: reader.text("topics.prefix") ?? "decahose")
        kafka = reader.kafkaProperties()
        logLevel = reader.text("log.level") ?? "info"
        logFormat = LogFormat(rawValue: reader.text("log.format") ?? "text") ?? .text
    }

    /// librdkafka's properties of a configuration, and what is wrong with the files that hold secret ones.
    ///
    /// librdkafka takes a secret once, when a client is made, so its file is read here and never again.
    public static func kafkaProperties(
        of configuration: Configuration
    ) -> (properties: [KafkaProperty], problems: [ConfigurationProblem]) {
        var properties: [KafkaProperty] = []
        var problems: [ConfigurationProblem] = []
        for (name, entry) in configuration.kafkaProperties {
            guard name.hasSuffix("_file"), KafkaSecrets.contains(String(name.dropLast(5))) else {
                properties.append(KafkaProperty(name: name, value: entry.text, origin: entry.origin))
                continue
            }
            let property = String(name.dropLast(5))
            let key = ConfigurationTable.kafkaPrefix + property
            if configuration.entry(key) != nil {
                let message = "is given twice, as \(key) and as \(key)_file; keep one"
                problems.append(ConfigurationProblem(origin: entry.origin, key: key, message: message))
                continue
            }
            do throws(SecretSource.Unreadable) {
                let secret = try SecretSource.file(entry.text).read()
                properties.append(KafkaProperty(name: property, value: secret.reveal { $0 }, origin: entry.origin))
            } catch {
                problems.append(ConfigurationProblem(origin: entry.origin, key: key + "_file", message: "\(error)"))
            }
        }
        if !properties.contains(where: { ["bootstrap.servers", "metadata.broker.list"].contains($0.name) }) {
            properties.insert(
                KafkaProperty(name: "bootstrap.servers", value: ConfigurationTable.bootstrapServers),
                at: 0
            )
        }
        return (properties, problems)
    }

    /// The brokers, for messages.
    public var bootstrapServers: String {
        kafka.last { ["bootstrap.servers", "metadata.broker.list"].contains($0.name) }?.value ?? ""
    }
}

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

    /// A librdkafka property as given.
    public struct KafkaProperty: Hashable, Sendable {
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
    }

    init(reader: inout SettingsReader) {
        topics = TopicNames(prefix: reader.text("topics.prefix") ?? "decahose")
        kafka = reader.configuration.kafkaProperties.map {
            KafkaProperty(name: $0.name, value: $0.entry.text, origin: $0.entry.origin)
        }
        if !kafka.contains(where: { ["bootstrap.servers", "metadata.broker.list"].contains($0.name) }) {
            kafka.insert(
                KafkaProperty(name: "bootstrap.servers", value: ConfigurationTable.bootstrapServers),
                at: 0
            )
        }
        logLevel = reader.text("log.level") ?? "info"
        logFormat = LogFormat(rawValue: reader.text("log.format") ?? "text") ?? .text
    }

    /// The brokers, for messages.
    public var bootstrapServers: String {
        kafka.last { ["bootstrap.servers", "metadata.broker.list"].contains($0.name) }?.value ?? ""
    }
}

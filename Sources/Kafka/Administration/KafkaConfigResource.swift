import CLibrdkafka

/// Something of a cluster that has settings.
public enum KafkaConfigResource: Hashable, Sendable {
    /// A topic, by name.
    case topic(String)
    /// A broker, by number.
    case broker(Int32)

    var type: rd_kafka_ResourceType_t {
        switch self {
        case .topic: RD_KAFKA_RESOURCE_TOPIC
        case .broker: RD_KAFKA_RESOURCE_BROKER
        }
    }

    var name: String {
        switch self {
        case .topic(let name): name
        case .broker(let id): "\(id)"
        }
    }
}

/// One setting of a topic or broker, as the cluster has it.
public struct KafkaConfigEntry: Equatable, Sendable {
    /// The value in force; nil where there is none, and for secrets.
    public let value: String?
    /// Whether nobody has set it: neither for this topic or broker nor for the cluster.
    public let isDefault: Bool

    /// Makes an entry.
    public init(value: String?, isDefault: Bool) {
        self.value = value
        self.isDefault = isDefault
    }
}

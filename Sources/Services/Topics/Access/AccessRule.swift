/// One thing at Kafka that a user must be allowed to do, as ACLs say it.
public struct AccessRule: Hashable, Sendable {
    /// What it is about.
    public enum Resource: Hashable, Sendable {
        /// A topic.
        case topic(String)
        /// Every topic whose name begins so.
        case topics(prefix: String)
        /// A consumer group.
        case group(String)
        /// A transactional ID.
        case transactionalID(String)
        /// Every transactional ID that begins so.
        case transactionalIDs(prefix: String)
    }

    /// What may be done, in Kafka's words; read and write include describe.
    public enum Operation: String, Hashable, Sendable {
        case read = "Read"
        case write = "Write"
        case create = "Create"
        case describe = "Describe"
        case describeConfigs = "DescribeConfigs"
    }

    /// What it is about.
    public let resource: Resource
    /// What may be done.
    public let operation: Operation

    /// A rule from its parts.
    public init(_ resource: Resource, _ operation: Operation) {
        self.resource = resource
        self.operation = operation
    }

    /// The options of `kafka-acls.sh` that name the resource.
    var resourceOptions: [String] {
        switch resource {
        case .topic(let name): ["--topic", name]
        case .topics(let prefix): ["--topic", prefix, "--resource-pattern-type", "prefixed"]
        case .group(let name): ["--group", name]
        case .transactionalID(let name): ["--transactional-id", name]
        case .transactionalIDs(let prefix): ["--transactional-id", prefix, "--resource-pattern-type", "prefixed"]
        }
    }
}

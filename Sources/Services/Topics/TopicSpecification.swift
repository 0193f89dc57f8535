/// One topic as it should be.
public struct TopicSpecification: Equatable, Sendable {
    /// A topic setting by its Kafka name.
    public struct Setting: Equatable, Sendable {
        /// Kafka's name, such as `retention.ms`.
        public let name: String
        /// The value as text.
        public let value: String
    }

    /// The topic's name.
    public let name: String
    /// What it is for, in a few words.
    public let purpose: String
    /// Its partitions.
    public let partitionCount: Int
    /// Copies of each partition.
    public let replicationFactor: Int
    /// How long records are kept; nil where only compaction removes any.
    public let retention: Duration?
    /// What is set for it; the rest are the cluster's defaults.
    public let settings: [Setting]

    /// The value that is set under a name, if any.
    public func value(of setting: String) -> String? {
        settings.first { $0.name == setting }?.value
    }
}

/// A topic to be created.
public struct KafkaNewTopic: Equatable, Sendable {
    /// Its name.
    public let name: String
    /// Its partitions, from 1.
    public let partitionCount: Int
    /// Copies of each partition, from 1; -1 takes the cluster's default (brokers from 2.4 on).
    public let replicationFactor: Int
    /// Topic settings by their Kafka names; the rest are the cluster's defaults.
    public let settings: KafkaProperties

    /// Describes a topic.
    public init(name: String, partitionCount: Int, replicationFactor: Int, settings: KafkaProperties = [:]) {
        self.name = name
        self.partitionCount = partitionCount
        self.replicationFactor = replicationFactor
        self.settings = settings
    }
}

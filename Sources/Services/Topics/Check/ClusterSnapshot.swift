import Tweets

/// What `topics check` compares, as it was found.
struct ClusterSnapshot: Equatable, Sendable {
    /// A topic.
    struct Topic: Equatable, Sendable {
        /// Its partitions.
        var partitionCount: Int
        /// The fewest copies that any partition has.
        var replicationFactor: Int
        /// Every setting in force, by Kafka's name.
        var settings: [String: String]
    }

    /// A partition of the changelog beside raw's committed offset.
    struct Changelog: Equatable, Sendable {
        /// The partition's number.
        var partition: Int32
        /// Dedup's committed offset of raw; nil where there is none.
        var committed: Int64?
        /// The input offset of the newest committed changelog record; nil where it is empty.
        var newest: Int64?
    }

    /// Where it was asked, for the commands that mend.
    var bootstrapServers: String
    /// Topics that exist, by name.
    var topics: [String: Topic]
    /// What the brokers said instead of a description, by topic.
    var refusals: [String: String] = [:]
    /// A broker's settings in force; empty where it does not let us see.
    var brokerSettings: [String: String] = [:]
    /// Every partition count on record, oldest first.
    var recordedPartitionCounts: [Int] = []
    /// How old the oldest raw record is that dedup has not committed; nil where it is not known.
    var dedupLag: Duration?
    /// The changelog, by partition.
    var changelog: [Changelog] = []
}

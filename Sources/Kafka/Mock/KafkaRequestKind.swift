/// Kinds of protocol requests, by their API keys (https://kafka.apache.org/protocol#protocol_api_keys).
public enum KafkaRequestKind: Int16, Sendable, CaseIterable {
    /// Writes records.
    case produce = 0
    /// Reads records.
    case fetch = 1
    /// Asks for the ends of partitions.
    case listOffsets = 2
    /// Asks for topics, partitions and brokers.
    case metadata = 3
    /// Commits a group's offsets.
    case offsetCommit = 8
    /// Asks for a group's offsets.
    case offsetFetch = 9
    /// Asks for the coordinator of a group or transactional id.
    case findCoordinator = 10
    /// Joins a group.
    case joinGroup = 11
    /// Keeps a member alive.
    case heartbeat = 12
    /// Leaves a group.
    case leaveGroup = 13
    /// Gives or takes a group's assignment.
    case syncGroup = 14
    /// Gets a producer's identifier and epoch.
    case initProducerID = 22
    /// Makes partitions part of a transaction.
    case addPartitionsToTransaction = 24
    /// Makes a group's offsets part of a transaction.
    case addOffsetsToTransaction = 25
    /// Commits or aborts a transaction.
    case endTransaction = 26
    /// Commits offsets within a transaction.
    case transactionOffsetCommit = 28
}

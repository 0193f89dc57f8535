/// The names of all topics of one installation, made from its prefix.
public struct TopicNames: Hashable, Sendable {
    /// What stands before the first dot.
    public let prefix: String

    /// The names below a prefix.
    public init(prefix: String) {
        self.prefix = prefix
    }

    /// Every copy of every Tweet, as received.
    public var raw: String { "\(prefix).raw" }
    /// One record a Tweet: what users consume.
    public var tweets: String { "\(prefix).tweets" }
    /// The changelog of dedup's sets.
    public var seen: String { "\(prefix).seen" }
    /// Sessions, gaps, jobs and the rest of the present state.
    public var control: String { "\(prefix).control" }
    /// Tweets older than the dedup horizon.
    public var late: String { "\(prefix).late" }
    /// Bytes that are no known message.
    public var deadletter: String { "\(prefix).deadletter" }
    /// Compliance events other than the delete of a Tweet.
    public var compliance: String { "\(prefix).compliance" }

    /// All of them, in the order in which they are created.
    public var all: [String] { [raw, tweets, seen, control, late, deadletter, compliance] }

    /// The ones whose partition count must be the same.
    public var copartitioned: [String] { [raw, tweets, seen] }

    /// The transactional ID of a dedup instance.
    public func dedupTransactionalID(instance: String) -> String { "\(prefix)-dedup-\(instance)" }
    /// The consumer group of all dedup instances.
    public var dedupGroup: String { "\(prefix)-dedup" }
    /// The transactional ID and the consumer group that all coordinators share.
    public var coordinatorID: String { "\(prefix)-coordinator" }
}

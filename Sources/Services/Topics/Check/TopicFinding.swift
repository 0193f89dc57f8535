/// One thing about a cluster that correctness needs otherwise.
public struct TopicFinding: Hashable, Sendable, Codable {
    /// What kind of thing it is; the name in JSON.
    public enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        /// A topic is not there, or may not be seen.
        case missing
        /// Partition counts differ, from each other or from the one on record.
        case partitions
        /// Too few copies, or too few of them that must have a record.
        case durability
        /// A cleanup policy, or a record that vanishes too early.
        case retention
        /// Compaction that can overtake dedup, or come too late.
        case compaction
        /// A limit on timestamps or sizes that would refuse records.
        case refusal
        /// A limit of the cluster on groups or transactions.
        case limits
        /// The changelog does not fit the committed offsets.
        case changelog
    }

    /// The kind.
    public let kind: Kind
    /// The topic, or the broker.
    public let subject: String
    /// What is the case, and what is needed.
    public let what: String
    /// What would happen.
    public let why: String
    /// What to run or to do.
    public let run: String

    /// The finding in one line.
    public var line: String { "\(subject): \(what). Why: \(why). Do: \(run)" }
}

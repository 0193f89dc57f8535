/// What a set holds and what it costs.
public struct DedupUsage: Hashable, Sendable {
    /// IDs, and marks over frozen ones, in hashed parts.
    public var freshIDs = 0
    /// IDs in frozen parts.
    public var frozenIDs = 0
    /// Memory of the hashed parts.
    public var freshBytes = 0
    /// Memory of the frozen parts.
    public var frozenBytes = 0
    /// All memory, the tables of buckets included.
    public var bytes = 0
    /// How many buckets there are.
    public var buckets = 0

    /// Nothing.
    public init() {}

    /// The sum of two sets.
    public static func + (left: DedupUsage, right: DedupUsage) -> DedupUsage {
        var sum = left
        sum.freshIDs += right.freshIDs
        sum.frozenIDs += right.frozenIDs
        sum.freshBytes += right.freshBytes
        sum.frozenBytes += right.frozenBytes
        sum.bytes += right.bytes
        sum.buckets += right.buckets
        return sum
    }
}

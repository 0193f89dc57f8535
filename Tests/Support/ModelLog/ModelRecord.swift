/// A record of the model: bytes, a time, and where it came from.
public struct ModelRecord: Hashable, Sendable {
    /// The key; nil for none.
    public var key: [UInt8]?
    /// The value; nil for a tombstone.
    public var value: [UInt8]?
    /// The one header's text; nil for none.
    public var header: String?
    /// Milliseconds since 1970.
    public var timestamp: Int64

    /// A record from its fields.
    public init(key: [UInt8]?, value: [UInt8]?, header: String? = nil, timestamp: Int64 = 0) {
        self.key = key
        self.value = value
        self.header = header
        self.timestamp = timestamp
    }
}

/// What a reader may see.
public enum ModelIsolation: Hashable, Sendable {
    /// Everything up to the high watermark, aborted records too.
    case uncommitted
    /// Everything up to the last stable offset but what was aborted.
    case committed
}

/// What the model answers in place of success.
public enum ModelError: Error, Hashable, Sendable {
    /// A newer producer of the same transactional ID, or a newer member of the same instance name, has taken over.
    case fenced
    /// The member belongs to an older generation, or to none.
    case illegalGeneration
    /// Something of before is still under way: ask again.
    case pending
    /// The offset is below the oldest one or beyond the newest.
    case offsetOutOfRange
    /// A batch that is older than those that a partition remembers of its producer.
    case outOfSequence
}

/// What became of an idempotent producer's batch.
public struct ModelAppend: Hashable, Sendable {
    /// The offset of its first record, now or when it came first.
    public var first: Int64
    /// Whether the partition had it already.
    public var isDuplicate: Bool
}

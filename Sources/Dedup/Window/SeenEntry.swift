/// What is known of one ID, in one word: the form in which fresh buckets keep it.
///
/// Bits 0 … 41 are the ID's place inside its bucket, 42 says that the word is in use, 43 that the Tweet is deleted,
/// 44 … 51 which connections delivered it, 52 … 57 the stream partition and 58 … 59 the source of the first copy.
public struct SeenEntry: Hashable, Sendable {
    /// The word; 0 means that nothing is known.
    public internal(set) var word: UInt64

    static let keyBits: UInt64 = 42
    static let keyMask: UInt64 = (1 << keyBits) - 1
    private static let usedBit: UInt64 = 1 << 42
    private static let deletedBit: UInt64 = 1 << 43

    init(word: UInt64) {
        self.word = word
    }

    /// An entry of an ID of which only its being seen, or its being deleted, is known.
    init(id: UInt64, isDeleted: Bool) {
        word = (id & Self.keyMask) | Self.usedBit | (isDeleted ? Self.deletedBit : 0)
    }

    /// The greatest stream partition that has a number of its own here; greater ones share it.
    static let streamMax = 63

    /// Whether anything is known.
    public var isKnown: Bool { word != 0 }

    /// Whether a delete came.
    public var isDeleted: Bool {
        get { word & Self.deletedBit != 0 }
        set { word = newValue ? word | Self.deletedBit : word & ~Self.deletedBit }
    }

    /// The connections that delivered it, a bit each.
    public var connections: UInt8 {
        get { UInt8(truncatingIfNeeded: word >> 44) }
        set { word = word & ~(0xFF << 44) | UInt64(newValue) << 44 }
    }

    /// The stream partition of the first copy, at most `streamMax`.
    public var stream: Int {
        get { Int(word >> 52 & 0x3F) }
        set { word = word & ~(0x3F << 52) | UInt64(max(0, min(newValue, Self.streamMax))) << 52 }
    }

    /// The source of the first copy; nil where no copy was counted, as after a restore or a delete before the Tweet.
    public var source: CopySource? {
        get { CopySource(rawValue: UInt8(word >> 58 & 3)) }
        set { word = word & ~(3 << 58) | UInt64(newValue?.rawValue ?? 0) << 58 }
    }

    var key: UInt64 { word & Self.keyMask }

    /// The key and the deleted mark alone: what a frozen bucket keeps, in a number that sorts by the key.
    var mark: UInt64 { key &<< 1 | word &>> 43 & 1 }

    /// The entry that a mark stands for.
    init(mark: UInt64) {
        self.init(id: mark >> 1, isDeleted: mark & 1 == 1)
    }
}

/// How a copy came to raw, as the census counts it.
public enum CopySource: UInt8, CaseIterable, Sendable {
    /// As it happened.
    case live = 1
    /// By the backfill of a reconnect.
    case backfill = 2
    /// By a recovery job.
    case recovery = 3

    /// The name in census records.
    public var name: String {
        switch self {
        case .live: "live"
        case .backfill: "backfill"
        case .recovery: "recovery"
        }
    }
}

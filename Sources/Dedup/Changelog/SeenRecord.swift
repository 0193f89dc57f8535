import Tweets

/// One record of the changelog `seen`: what one transaction added to the set of one Kafka partition.
public struct SeenRecord: Hashable, Sendable {
    /// An ID that was emitted, or seen deleted.
    public struct Entry: Hashable, Sendable {
        /// The ID's number.
        public var id: UInt64
        /// Whether it is deleted at the end of the transaction.
        public var isDeleted: Bool

        /// An entry from its fields.
        public init(id: UInt64, isDeleted: Bool) {
            self.id = id
            self.isDeleted = isDeleted
        }
    }

    /// An ID from the far future.
    public struct FarFutureEntry: Hashable, Sendable {
        /// The ID's number.
        public var id: UInt64
        /// Whether it is deleted at the end of the transaction.
        public var isDeleted: Bool
        /// When it was first received, in milliseconds since 1970.
        public var received: Int64

        /// An entry from its fields.
        public init(id: UInt64, isDeleted: Bool, received: Int64) {
            self.id = id
            self.isDeleted = isDeleted
            self.received = received
        }
    }

    /// Tweets of one minute that recovery brought first in this transaction.
    public struct Recovered: Hashable, Sendable {
        /// Minutes since 1970.
        public var minute: Int64
        /// The stream partition; 0 where a job carries all of them.
        public var stream: Int
        /// How many; 0 says that the minute's total was published.
        public var count: Int

        /// A count from its fields.
        public init(minute: Int64, stream: Int, count: Int) {
            self.minute = minute
            self.stream = stream
            self.count = count
        }
    }

    /// The running number in this Kafka partition, from 1 without a hole; 1 also begins a changelog written afresh.
    public var number: UInt64
    /// The offset in raw from which to read on after this transaction.
    public var nextOffset: Int64
    /// How far event time has come.
    public var progress: DedupProgress
    /// Ordinary IDs, sorted, each once.
    public var entries: [Entry] = []
    /// IDs from the far future, sorted, each once.
    public var farFuture: [FarFutureEntry] = []
    /// What recovery brought first, and which of its totals were published.
    public var recovered: [Recovered] = []

    /// A record without IDs.
    public init(number: UInt64, nextOffset: Int64, progress: DedupProgress) {
        self.number = number
        self.nextOffset = nextOffset
        self.progress = progress
    }
}

/// Why bytes are no changelog record.
public enum SeenRecordError: Error, Hashable, Sendable {
    /// They end too early, or an element cannot be.
    case malformed
    /// A form of a later release.
    case version(UInt8)
    /// They were changed after they were written.
    case checksum
}

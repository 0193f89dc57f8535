/// A partition of a topic.
public struct KafkaPartition: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The topic's name.
    public let topic: String
    /// The partition's number, from 0.
    public let partition: Int32

    /// Names a partition.
    public init(topic: String, partition: Int32) {
        self.topic = topic
        self.partition = partition
    }

    /// The usual writing, `topic [partition]`.
    public var description: String { "\(topic) [\(partition)]" }

    /// Orders by topic, then by number.
    public static func < (left: Self, right: Self) -> Bool {
        (left.topic, left.partition) < (right.topic, right.partition)
    }
}

/// A place in a partition: the offset of the next record to read.
public struct KafkaPosition: Hashable, Sendable, CustomStringConvertible {
    /// The partition.
    public let partition: KafkaPartition
    /// The offset of the next record; not negative, or one of the logical offsets below where a call takes them.
    public let offset: Int64

    /// Names a place.
    public init(_ partition: KafkaPartition, offset: Int64) {
        self.partition = partition
        self.offset = offset
    }

    /// Names a place.
    public init(topic: String, partition: Int32, offset: Int64) {
        self.init(KafkaPartition(topic: topic, partition: partition), offset: offset)
    }

    /// The oldest record that is still there, for `assign` and `seek`.
    public static let beginning: Int64 = -2
    /// Behind the newest record, for `assign` and `seek`.
    public static let end: Int64 = -1
    /// The group's committed offset, for `assign`.
    public static let stored: Int64 = -1000

    /// The usual writing, `topic [partition] @offset`.
    public var description: String { "\(partition) @\(offset)" }
}

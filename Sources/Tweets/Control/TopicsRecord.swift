/// The partition count with which the topics of this prefix were made; another count would break uniqueness.
public struct TopicsRecord: Hashable, Sendable, Codable {
    /// Version of this record's form.
    public var version = 1
    /// The partitions of raw, tweets and seen.
    public var partitions: Int
    /// When it was recorded, by the recording process's own clock.
    public var recordedAt: Instant
    /// Who recorded it: role, host and process.
    public var recordedBy: String

    /// A record from its fields.
    public init(partitions: Int, recordedAt: Instant, recordedBy: String) {
        self.partitions = partitions
        self.recordedAt = recordedAt
        self.recordedBy = recordedBy
    }

    /// The record's key: there is one a prefix.
    public static let key = ControlKey(.topics, "partitions")
}

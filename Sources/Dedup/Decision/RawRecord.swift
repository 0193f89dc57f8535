public import Tweets

/// What the decision needs of one record of raw.
public struct RawRecord: Hashable, Sendable {
    /// The Tweet.
    public var id: TweetID
    /// Whether it has no value, so is a delete.
    public var isDelete: Bool
    /// When a bridge received it: the record's timestamp.
    public var received: Instant
    /// Who delivered it.
    public var origin: CopyOrigin

    /// A record from its fields.
    public init(id: TweetID, isDelete: Bool, received: Instant, origin: CopyOrigin) {
        self.id = id
        self.isDelete = isDelete
        self.received = received
        self.origin = origin
    }
}

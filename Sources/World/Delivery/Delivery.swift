public import Tweets

/// One message that a connection gets, and when.
public struct Delivery: Sendable, Hashable {
    /// What the message says.
    public enum Content: Sendable, Hashable {
        /// A Tweet.
        case tweet
        /// The Tweet was deleted.
        case delete
        /// Another compliance event that the Tweet caused.
        case event
    }

    /// When it is due, milliseconds since 1970.
    public var arrival: Int64
    /// The Tweet that it is or is about.
    public var id: TweetID
    /// What it says.
    public var content: Content

    /// A delivery from its parts.
    public init(arrival: Int64, id: TweetID, content: Content) {
        self.arrival = arrival
        self.id = id
        self.content = content
    }
}

/// What a stream tells.
public enum StreamContent: Sendable, Hashable {
    /// Tweets, and their deletes where `deletes` is set.
    case tweets(deletes: Bool)
    /// Deletes and other compliance events of one compliance partition out of `count`; `number` is from 1, 0 is all.
    case compliance(number: Int, count: Int)
}

public import Tweets

/// How one recovery request ended.
public enum BackfillOutcome: Hashable, Sendable {
    /// The server said that the request completed.
    case completed
    /// The server said that the request completed, apart from these minutes.
    case minutesFailed([Instant])
    /// The server said that it did not process this range.
    case unprocessed(EventInterval)
    /// The server ended the response in good order, without a word about the outcome.
    case endedInOrder
    /// The response ended in disorder; for people.
    case broken(String)
    /// The server answered with an HTTP error, and perhaps with how long to wait.
    case http(status: Int, detail: String, retryAfter: Duration?)
    /// The request was stopped from this side, as at a shutdown.
    case stopped
}

/// What a request has brought so far; only what is acknowledged in raw counts.
public struct BackfillProgress: Hashable, Sendable {
    /// Messages received in this attempt.
    public var received: Int64
    /// Records acknowledged in raw in this attempt.
    public var acknowledged: Int64
    /// Up to where creation times say that delivery has come, counting only what is acknowledged; nil before the first.
    ///
    /// Tweets come about in order, so this is a low quantile of what was read last, not the newest.
    public var frontier: Instant?
    /// The newest creation time among the Tweets received; nil before the first.
    public var newest: Instant?
    /// The offsets of raw that this attempt's records took, by Kafka partition.
    public var offsets: [Int: SessionRecord.Offsets]
    /// Stretches in which a message came that no topic took; asking again would bring it again.
    public var lost: [EventInterval]
    /// Minutes of the range of which no Tweet came.
    public var silent: [EventInterval]

    /// Progress from its parts.
    public init(
        received: Int64 = 0,
        acknowledged: Int64 = 0,
        frontier: Instant? = nil,
        newest: Instant? = nil,
        offsets: [Int: SessionRecord.Offsets] = [:],
        lost: [EventInterval] = [],
        silent: [EventInterval] = []
    ) {
        self.received = received
        self.acknowledged = acknowledged
        self.frontier = frontier
        self.newest = newest
        self.offsets = offsets
        self.lost = lost
        self.silent = silent
    }
}

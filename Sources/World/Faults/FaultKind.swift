/// What can go wrong upstream on command.
public enum FaultKind: String, CaseIterable, Sendable, Codable {
    /// The connection is closed without a word.
    case drop
    /// No byte is sent, not even a heartbeat; what was due follows when it ends.
    case stall
    /// Heartbeats, but no data; what was due follows when it ends.
    case silence
    /// At most `bytes_per_second` of what the wire carries.
    case slow
    /// Requests are answered with an HTTP `status`, with `retry_after` seconds where given.
    case status
    /// An error inside the stream (`message`), then the end.
    case message
    /// The end that a client gets who reads too slowly; with its message unless `with_message` is false.
    case fullBuffer = "full-buffer"
    /// The gzip stream and the connection end in the middle of a Tweet.
    case truncatedGzip = "truncated-gzip"
    /// Lines that are no messages (`junk`) among the Tweets.
    case junk
    /// Backfill is `ignored`, `partial` (the newest `seconds` only), `cut` in the middle, or `thin` (`share` missing).
    case backfill
    /// A `share` of the Tweets never reaches the connection.
    case withhold
    /// A recovery request `fail`s, goes silent (`timeout`), is `cut`, or leaves some `minutes` out.
    case recovery
    /// Everything arrives `seconds` later, growing over `ramp` seconds.
    case lag
}

/// How a backfill or a recovery goes wrong.
public enum FaultMode: String, CaseIterable, Sendable, Codable {
    /// Backfill: as if it had not been asked for.
    case ignored
    /// Backfill: only the newest `seconds` of it.
    case partial
    /// The connection ends after `share` of the time asked for.
    case cut
    /// Backfill: `share` of its Tweets is missing.
    case thin
    /// Recovery: the job says that it failed after `share` of the time asked for.
    case fail
    /// Recovery: nothing more comes after `share` of the time asked for.
    case timeout
    /// Recovery: `seconds / 60` minutes of the time asked for are missing, and the outcome names them.
    case minutes
}

/// An error message inside the stream.
public enum FaultMessage: String, CaseIterable, Sendable, Codable {
    /// A deploy; the client is to reconnect at once.
    case operational
    /// More connections than allowed.
    case tooManyConnections = "too-many-connections"
    /// The upstream of the upstream is gone.
    case upstream
    /// An older notice, after which the stream goes on.
    case warning
    /// An older notice, after which the stream goes on.
    case limit
    /// An older notice, and the end.
    case disconnect
    /// A kind that nobody has heard of, after which the stream goes on.
    case unheardOf = "unheard-of"
}

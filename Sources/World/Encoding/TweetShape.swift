/// How Tweets and notices look on the wire.
public enum TweetShape: String, CaseIterable, Sendable {
    /// Enriched native format.
    case native
    /// Activity Streams.
    case activityStreams = "activity-streams"
    /// The API v2.
    case v2
}

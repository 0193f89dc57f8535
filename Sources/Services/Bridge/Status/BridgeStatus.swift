import Tweets

/// What `/status` of a bridge shows.
struct BridgeStatus: Encodable, Sendable {
    /// One stream partition of it.
    struct Stream: Encodable, Sendable {
        var stream: StreamPartition
        /// `connecting`, `streaming`, `waiting`, `closing`, `stopped`.
        var state: String
        /// The session's control record as it was last written.
        var session: SessionRecord?
        /// Why and for how long it waits, where it does.
        var waiting: String?
        /// Seconds between now and the frontier of what is acknowledged.
        var lagSeconds: Double?
        /// Tweets a second, over half a minute.
        var tweetsPerSecond = 0.0
        /// `learning`, `usual` or `fallen`.
        var volume = "learning"
        /// The last failure, for people.
        var lastError: String?
        /// Framed less everything that is known of; 0 unless there is a defect.
        var unaccounted: Int64 = 0
    }

    var role = "bridge"
    var connection: String
    var host: String
    /// Records that wait for Kafka.
    var bufferedRecords = 0
    /// Records that Kafka refused.
    var refusedRecords: Int64 = 0
    var unaccounted: Int64 = 0
    var streams: [Stream] = []
}

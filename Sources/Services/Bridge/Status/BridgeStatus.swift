import Tweets

/// What `/status` of a bridge shows.
struct BridgeStatus: Encodable, Sendable {
    /// Why a stream partition is not read at present, and until when.
    struct Waiting: Encodable, Sendable {
        /// The reason in a word: `http-503`, `tcp`, `request-budget`.
        var reason: String
        /// The row of the back-off that is in force: `network`, `http`, `rate-limit`, or `none`.
        var backoff: String
        /// How often that row has been used since a connection last lived a minute.
        var attempt: Int
        /// Seconds until the next request.
        var nextAttemptSeconds: Double

        /// The same for people.
        var text: String {
            "next attempt in \(Duration.milliseconds(Int64(nextAttemptSeconds * 1000)).forPeople)"
                + " (\(reason), attempt \(attempt))"
        }
    }

    /// One stream partition of it.
    struct Stream: Encodable, Sendable {
        var stream: StreamPartition
        /// `connecting`, `streaming`, `waiting`, `closing`, `stopped`.
        var state: String
        /// The session's control record as it was last written.
        var session: SessionRecord?
        /// Why and for how long it waits, where it does.
        var waiting: Waiting?
        /// Seconds between now and the frontier of what is acknowledged.
        var lagSeconds: Double?
        /// How far the upstream's clock is ahead of this host's; 0 where they agree within 5 s.
        var clockSkewSeconds = 0.0
        /// Tweets a second, over half a minute.
        var tweetsPerSecond = 0.0
        /// Bytes a second as sent, over half a minute.
        var wireBytesPerSecond = 0.0
        /// The same, inflated.
        var plainBytesPerSecond = 0.0
        /// `catching-up`, `learning`, `usual` or `fallen`.
        var volume = "learning"
        /// Whether reading has stopped because the buffer is full.
        var isPaused = false
        /// The last failure; it stays after a reconnect.
        var lastError: ConnectionLog.Failure?
        /// Bytes of messages that wait for Kafka.
        var bufferedBytes: Int64 = 0
        /// Framed less everything that is known of; 0 unless there is a defect.
        var unaccounted: Int64 = 0
    }

    var role = "bridge"
    var connection: String
    var host: String
    /// Records that wait for Kafka, those of control included.
    var bufferedRecords = 0
    /// Bytes of messages that wait for Kafka, without keys and headers.
    var bufferedBytes: Int64 = 0
    /// At how many bytes reading stops.
    var bufferBytesLimit: Int64 = 0
    /// Records that Kafka refused.
    var refusedRecords: Int64 = 0
    /// Why Kafka takes nothing and what to do, where it has said so.
    var kafkaProblem: String?
    var unaccounted: Int64 = 0
    var streams: [Stream] = []
}

/// Which connections delivered the Tweets of one minute of event time, as one dedup partition saw it.
public struct CensusRecord: Hashable, Sendable, Codable {
    /// What a record counts apart from the deliveries, and under a key of its own.
    public enum Part: String, Sendable, Codable {
        /// Only the Tweets of the minute whose first copy a recovery brought: a total, which grows for as long as
        /// recoveries of the minute bring new ones, long after its deliveries have settled.
        case recovery
    }

    /// The Tweets of one stream partition in that minute.
    public struct Row: Hashable, Sendable, Codable {
        /// The stream partition; 0 in its number where the first copy came from a job that carries all of them.
        public var stream: Int
        /// Distinct Tweets by the exact set of connections that delivered them, for example `a`, `b`, `a+b`.
        public var byConnections: [String: Int]
        /// Distinct Tweets by the source of their first copy: `live`, `backfill`, `recovery`.
        public var bySource: [String: Int]

        /// A row from its fields.
        public init(stream: Int, byConnections: [String: Int], bySource: [String: Int]) {
            self.stream = stream
            self.byConnections = byConnections
            self.bySource = bySource
        }
    }

    /// Version of this record's form.
    public var version = 1
    /// The start of the minute.
    public var minute: Instant
    /// The Kafka partition of raw.
    public var kafkaPartition: Int
    /// One row a stream partition.
    public var rows: [Row]
    /// False where a restart, a reassignment or too much lag makes the counts worthless.
    public var valid: Bool
    /// Why it is not valid.
    public var invalidReason: String?
    /// Nil in the census of deliveries.
    public var part: Part?

    /// A census from its fields.
    public init(minute: Instant, kafkaPartition: Int, rows: [Row], valid: Bool, invalidReason: String? = nil) {
        self.minute = minute
        self.kafkaPartition = kafkaPartition
        self.rows = rows
        self.valid = valid
        self.invalidReason = invalidReason
    }

    /// The record's key: `census:<minute>:<kafka partition>`, and `:recovery` behind it in that part.
    public var key: ControlKey {
        let suffix = part.map { ":\($0.rawValue)" } ?? ""
        return ControlKey(.census, "\(minute.replayMinute):\(kafkaPartition)\(suffix)")
    }
}

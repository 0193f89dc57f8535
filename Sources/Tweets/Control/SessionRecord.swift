/// The present state of one session: one HTTP connection of one redundant connection for one stream partition.
///
/// A bridge writes it once a second and on every change, the whole state each time, so that compaction loses nothing.
public struct SessionRecord: Hashable, Sendable {
    /// Why a session ended.
    public enum CloseReason: String, Sendable, Codable, CaseIterable {
        /// The server ended the stream.
        case upstreamEOF = "upstream-eof"
        /// Not even a heartbeat within the time-out.
        case heartbeatTimeout = "heartbeat-timeout"
        /// Heartbeats but no Tweets within the time-out.
        case dataSilence = "data-silence"
        /// The server said that it closes: a deploy, or another client took the place.
        case forcedDisconnect = "forced-disconnect"
        /// The server gave up on a client that read too slowly; data was lost.
        case fullBuffer = "full-buffer"
        /// An error of the connection itself.
        case tcp
        /// The server answered with an HTTP error.
        case http
        /// The compressed stream was damaged.
        case badEncoding = "bad-encoding"
        /// The bridge was told to stop.
        case shutdown
        /// Another bridge took the connection's name over.
        case takenOver = "taken-over"
        /// Written by a successor for a session that died without a word.
        case died
        /// A reason that only a newer version knows.
        case unknown
    }

    /// Backfill as asked and as earned; the two are never mixed up.
    public struct Backfill: Hashable, Sendable, Codable {
        /// Minutes asked for at connect, 0 where none were.
        public var askedMinutes: Int
        /// From where the creation times prove delivery; nil while undecided and where none was earned.
        public var creditedFrom: Instant?
        /// Whether the decision was made (or can no longer come).
        public var decided: Bool

        /// Backfill from its parts.
        public init(askedMinutes: Int, creditedFrom: Instant? = nil, decided: Bool = false) {
            self.askedMinutes = askedMinutes
            self.creditedFrom = creditedFrom
            self.decided = decided
        }
    }

    /// First and last acknowledged offset in one Kafka partition.
    public struct Offsets: Hashable, Sendable, Codable {
        /// The lowest acknowledged offset.
        public var first: Int64
        /// The highest acknowledged offset.
        public var last: Int64
        /// Which offsets were given out again, so that what stood there is gone; nil where none were.
        public var rewritten: Rewritten?

        /// A range of offsets, both ends inclusive.
        public init(first: Int64, last: Int64, rewritten: Rewritten? = nil) {
            self.first = first
            self.last = last
            self.rewritten = rewritten
        }
    }

    /// A log that was cut and has grown again, as an acknowledged offset at or below an earlier one shows.
    public struct Rewritten: Hashable, Sendable, Codable {
        /// The lowest offset that was acknowledged after a higher one.
        public var from: Int64
        /// The highest one that had been acknowledged before.
        public var through: Int64

        /// A range of offsets, both ends inclusive.
        public init(from: Int64, through: Int64) {
            self.from = from
            self.through = through
        }
    }

    /// What became of every message of the session; see invariant 7.
    public struct Counters: Hashable, Sendable, Codable {
        /// Lines that ended in their line break, heartbeats included.
        public var framed: Int64 = 0
        /// Tweets framed.
        public var tweets: Int64 = 0
        /// Deletes framed.
        public var deletes: Int64 = 0
        /// Records acknowledged in raw.
        public var acknowledged: Int64 = 0
        /// Records acknowledged in compliance.
        public var compliance: Int64 = 0
        /// Records acknowledged in deadletter.
        public var deadletter: Int64 = 0
        /// Heartbeats.
        public var heartbeats: Int64 = 0
        /// Notices of the upstream that are no records.
        public var notices: Int64 = 0
        /// Messages that no topic took; each is a gap.
        public var lost: Int64 = 0
        /// Bytes left without a line break when the connection ended.
        public var truncatedTail: Int64 = 0

        /// All zero.
        public init() {}
    }

    /// Version of this record's form.
    public static let currentVersion = 1

    /// The version that wrote it.
    public var version = SessionRecord.currentVersion
    /// The redundant connection's name.
    public let connection: String
    /// The stream partition that it reads.
    public let stream: StreamPartition
    /// `<start>-<random>`, unique, sorts by start.
    public let session: String
    /// The record's key; made once, since every reader asks every record for it.
    public let key: ControlKey
    /// Host and process, to tell twins apart.
    public var host: String
    /// Rises with every record of the session, so that a further record can be told from a repeated one.
    public var sequence: Int64 = 0
    /// The server's `Date` at the response headers.
    public var serverDate: Instant
    /// The bridge's own clock at the same moment; the difference is the skew between the two.
    public var localDate: Instant
    /// How far the creation times of its Tweets were ahead of the server's clock, at most; zero where they were not.
    public var clockLead: Duration = .zero
    /// When the record was written, by the bridge's own clock as it was when the session opened.
    public var updatedAt: Instant
    /// Backfill asked and credited.
    public var backfill: Backfill
    /// Event time that the session claims to have delivered; nil as long as it claims none.
    public var covered: EventInterval?
    /// Stretches inside `covered` that are known to be lost.
    public var holes: [EventInterval] = []
    /// Acknowledged offsets of raw by Kafka partition.
    public var offsets: [Int: Offsets] = [:]
    /// What became of its messages.
    public var counters = Counters()
    /// Why it ended; nil while it lives.
    public var closed: CloseReason?
    /// Detail of the end for people, for example the HTTP status.
    public var closedDetail: String?
    /// What a newer version wrote beside all this.
    public var unknown = UnknownFields()

    /// The state at the response headers.
    public init(
        connection: String,
        stream: StreamPartition,
        session: String,
        host: String,
        serverDate: Instant,
        localDate: Instant,
        backfill: Backfill
    ) {
        self.connection = connection
        self.stream = stream
        self.session = session
        key = ControlKey(.session, "\(connection):\(stream):\(session)")
        self.host = host
        self.serverDate = serverDate
        self.localDate = localDate
        updatedAt = localDate
        self.backfill = backfill
    }
}

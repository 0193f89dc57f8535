/// A stretch of event time of one stream partition that no connection delivered, and what became of it.
///
/// The whole present state is in the record, so that compaction of the control topic loses nothing.
public struct GapRecord: Hashable, Sendable {
    /// Where a gap stands in its life: open → closed → scheduled → running → filled → settled, or one of the ends.
    public enum State: String, CaseIterable, Sendable, Codable {
        /// Still growing at the live edge.
        case open
        /// Its range is known; no recovery was asked for yet.
        case closed
        /// A recovery job for it is waiting for its turn.
        case scheduled
        /// A recovery job for it is at work.
        case running
        /// Everything that was missing was recovered into raw.
        case filled
        /// The same, and dedup has committed past the recovered records.
        case settled
        /// A part was recovered, the rest had left the recovery window.
        case partial
        /// It proved to be covered; the reason says by what.
        case withdrawn
        /// All of it left the recovery window before it was recovered.
        case unrecoverable

        /// Whether nothing more will be done for the gap, apart from the step from filled to settled.
        public var isFinal: Bool {
            switch self {
            case .open, .closed, .scheduled, .running: false
            case .filled, .settled, .partial, .withdrawn, .unrecoverable: true
            }
        }
    }

    /// What showed that something is missing.
    public enum Source: String, CaseIterable, Sendable, Codable {
        /// No session claims the time.
        case sessions
        /// A session itself reported the loss, or the delivery census showed it.
        case hole
        /// Dedup found raw records gone before it had read them.
        case loss
        /// An end offset of raw fell below an acknowledged one.
        case truncation
    }

    /// Whether the deletes of that time are known.
    public enum Deletes: String, CaseIterable, Sendable, Codable {
        /// A recovery of Tweets is not documented to repeat deletes.
        case unknown
        /// The compliance product was covered for that time.
        case known
    }

    /// End offsets of raw by Kafka partition.
    public struct RawOffsets: Hashable, Sendable, Codable {
        /// When the gap opened.
        public var opened: [Int: Int64] = [:]
        /// When it closed; empty before.
        public var closed: [Int: Int64] = [:]

        /// None known.
        public init() {}
    }

    /// Version of this record's form.
    public static let currentVersion = 1

    /// The version that wrote it.
    public var version = GapRecord.currentVersion
    /// Unique, sorts by stream partition and time.
    public var id: String
    /// The stream partition.
    public var stream: StreamPartition
    /// The first moment that was missing.
    public var from: Instant
    /// The first moment after it; moves as long as the gap is open.
    public var to: Instant
    /// Where it stands.
    public var state: State
    /// What showed it.
    public var source: Source
    /// What is still missing of it.
    public var missing: [EventInterval]
    /// What of it left the recovery window unrecovered.
    public var unrecoverable: [EventInterval] = []
    /// The recovery jobs for it, oldest first.
    public var jobs: [String] = []
    /// Whether the deletes of that time are known.
    public var deletes = Deletes.unknown
    /// End offsets of raw when it opened and closed.
    public var rawOffsets = RawOffsets()
    /// When it was found, by the coordinator's clock.
    public var openedAt: Instant
    /// When its range became known, by the coordinator's clock.
    public var closedAt: Instant?
    /// When the record was written, by the coordinator's clock.
    public var updatedAt: Instant
    /// Why it was withdrawn, is unrecoverable, or cannot be settled; for people.
    public var reason: String?
    /// What a newer version wrote beside all this.
    public var unknown = UnknownFields()

    /// A gap just found.
    public init(
        id: String,
        stream: StreamPartition,
        range: EventInterval,
        state: State,
        source: Source,
        openedAt: Instant
    ) {
        self.id = id
        self.stream = stream
        from = range.from
        to = range.to
        self.state = state
        self.source = source
        missing = [range]
        self.openedAt = openedAt
        updatedAt = openedAt
    }

    /// The stretch of event time.
    public var range: EventInterval { EventInterval(from: from, to: to) }

    /// The record's key.
    public var key: ControlKey { ControlKey(.gap, id) }
}

extension GapRecord: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case version
        case id
        case stream
        case from
        case to
        case state
        case source
        case missing
        case unrecoverable
        case jobs
        case deletes
        case rawOffsets
        case openedAt
        case closedAt
        case updatedAt
        case reason
    }

    /// Reads a record; fields that came with a later version are kept in `unknown`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            stream: try container.decode(StreamPartition.self, forKey: .stream),
            range: EventInterval(
                from: try container.decode(Instant.self, forKey: .from),
                to: try container.decode(Instant.self, forKey: .to)
            ),
            state: try container.decode(State.self, forKey: .state),
            source: try container.decode(Source.self, forKey: .source),
            openedAt: try container.decode(Instant.self, forKey: .openedAt)
        )
        version = try container.decode(Int.self, forKey: .version)
        missing = try container.decodeIfPresent([EventInterval].self, forKey: .missing) ?? []
        unrecoverable = try container.decodeIfPresent([EventInterval].self, forKey: .unrecoverable) ?? []
        jobs = try container.decodeIfPresent([String].self, forKey: .jobs) ?? []
        deletes = try container.decodeIfPresent(Deletes.self, forKey: .deletes) ?? .unknown
        rawOffsets = try container.decodeIfPresent(RawOffsets.self, forKey: .rawOffsets) ?? RawOffsets()
        closedAt = try container.decodeIfPresent(Instant.self, forKey: .closedAt)
        updatedAt = try container.decode(Instant.self, forKey: .updatedAt)
        reason = try container.decodeIfPresent(String.self, forKey: .reason)
        unknown = try UnknownFields(from: decoder, known: CodingKeys.self)
    }

    /// Writes the whole state.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(stream, forKey: .stream)
        try container.encode(from, forKey: .from)
        try container.encode(to, forKey: .to)
        try container.encode(state, forKey: .state)
        try container.encode(source, forKey: .source)
        try container.encode(missing, forKey: .missing)
        try container.encode(unrecoverable, forKey: .unrecoverable)
        try container.encode(jobs, forKey: .jobs)
        try container.encode(deletes, forKey: .deletes)
        try container.encode(rawOffsets, forKey: .rawOffsets)
        try container.encode(openedAt, forKey: .openedAt)
        try container.encodeIfPresent(closedAt, forKey: .closedAt)
        try container.encode(updatedAt, forKey: .updatedAt)
        try container.encodeIfPresent(reason, forKey: .reason)
        try unknown.encode(to: encoder)
    }
}

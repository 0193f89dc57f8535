/// A request to the upstream for Tweets of the past, and how far it has come.
///
/// The whole present state is in the record, so that another coordinator continues where this one was killed.
public struct JobRecord: Hashable, Sendable {
    /// Where a job stands.
    public enum State: String, CaseIterable, Sendable, Codable {
        /// Waits for its turn.
        case requested
        /// A request is at work.
        case running
        /// An attempt did not complete; the next one waits for its back-off.
        case waiting
        /// Held back by an operator.
        case paused
        /// Everything that was asked for was received and acknowledged.
        case completed
        /// Given up; `error` says why.
        case failed
        /// Ended by an operator.
        case cancelled

        /// Whether nothing more will be done for the job.
        public var isFinal: Bool { self == .completed || self == .failed || self == .cancelled }
    }

    /// Who wanted the job.
    public enum Origin: String, CaseIterable, Sendable, Codable {
        /// The planner, for gaps.
        case gap
        /// An operator.
        case manual
    }

    /// Version of this record's form.
    public static let currentVersion = 1

    /// The version that wrote it.
    public var version = JobRecord.currentVersion
    /// Unique, sorts by the time it was made.
    public var id: String
    /// Who wanted it.
    public var origin: Origin
    /// The product.
    public var product: StreamProduct
    /// The stream partition to ask for; nil where one request carries all of them.
    public var partition: Int?
    /// The first moment asked for.
    public var from: Instant
    /// The first moment after it.
    public var to: Instant
    /// What was known to be missing when the job was made: only that can it fill.
    public var fills: [StreamIntervals]
    /// The gaps that it was made for.
    public var gaps: [String] = []
    /// Where it stands.
    public var state = State.requested
    /// Requests made so far.
    public var attempts = 0
    /// What was not yet received and acknowledged.
    public var remaining: [EventInterval]
    /// Up to where the present request has delivered into raw, by creation time; nil while none is at work.
    ///
    /// For people only: Tweets are not sorted, so that what is proven, and leaves `remaining`, lies a minute or two behind.
    public var reached: Instant?
    /// How many milliseconds of event time the present request brings a second; nil while none is at work or it has shown
    /// no pace.
    public var pace: Int64?
    /// How many records a second an operator lets it bring, 1 or more; nil for its share of what all jobs may bring.
    public var rate: Int?
    /// Control records below this offset were known when the job was made; a loss found later is not filled by it.
    public var knownOffset: Int64
    /// Messages received over all attempts.
    public var received: Int64 = 0
    /// Records acknowledged in raw over all attempts.
    public var acknowledged: Int64 = 0
    /// Tweets that recovery brought first, of the minutes that the job touches; nil as long as no census tells any.
    ///
    /// Dedup counts by the minute and not by the job: where two jobs share a minute, as at the seam of two stretches or
    /// when one is asked for again by hand, the minute's count is in both.
    public var emitted: Int64?
    /// The offsets of raw that its records took, by Kafka partition.
    public var offsets: [Int: SessionRecord.Offsets] = [:]
    /// Stretches in which a message came that no topic took; nobody can fill them.
    public var lost: [EventInterval] = []
    /// When it was made, by the coordinator's clock.
    public var createdAt: Instant
    /// When its first request was made, by the coordinator's clock.
    public var startedAt: Instant?
    /// When it ended, by the coordinator's clock.
    public var finishedAt: Instant?
    /// When the record was written, by the coordinator's clock.
    public var updatedAt: Instant
    /// The last failure; for people.
    public var error: String?
    /// What a newer version wrote beside all this.
    public var unknown = UnknownFields()

    /// A job just made.
    public init(
        id: String,
        origin: Origin,
        product: StreamProduct,
        partition: Int?,
        range: EventInterval,
        fills: [StreamIntervals],
        knownOffset: Int64,
        createdAt: Instant
    ) {
        self.id = id
        self.origin = origin
        self.product = product
        self.partition = partition
        from = range.from
        to = range.to
        self.fills = fills
        remaining = [range]
        self.knownOffset = knownOffset
        self.createdAt = createdAt
        updatedAt = createdAt
    }

    /// The stretch of event time asked for.
    public var range: EventInterval { EventInterval(from: from, to: to) }

    /// The record's key.
    public var key: ControlKey { ControlKey(.job, id) }
}

extension JobRecord: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case version
        case id
        case origin
        case product
        case partition
        case from
        case to
        case fills
        case gaps
        case state
        case attempts
        case remaining
        case reached
        case pace
        case rate
        case knownOffset
        case received
        case acknowledged
        case emitted
        case offsets
        case lost
        case createdAt
        case startedAt
        case finishedAt
        case updatedAt
        case error
    }

    /// Reads a record; fields that came with a later version are kept in `unknown`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            id: try container.decode(String.self, forKey: .id),
            origin: try container.decode(Origin.self, forKey: .origin),
            product: try container.decode(StreamProduct.self, forKey: .product),
            partition: try container.decodeIfPresent(Int.self, forKey: .partition),
            range: EventInterval(
                from: try container.decode(Instant.self, forKey: .from),
                to: try container.decode(Instant.self, forKey: .to)
            ),
            fills: try container.decodeIfPresent([StreamIntervals].self, forKey: .fills) ?? [],
            knownOffset: try container.decode(Int64.self, forKey: .knownOffset),
            createdAt: try container.decode(Instant.self, forKey: .createdAt)
        )
        version = try container.decode(Int.self, forKey: .version)
        gaps = try container.decodeIfPresent([String].self, forKey: .gaps) ?? []
        state = try container.decode(State.self, forKey: .state)
        attempts = try container.decodeIfPresent(Int.self, forKey: .attempts) ?? 0
        remaining = try container.decode([EventInterval].self, forKey: .remaining)
        reached = try container.decodeIfPresent(Instant.self, forKey: .reached)
        pace = try container.decodeIfPresent(Int64.self, forKey: .pace)
        rate = try container.decodeIfPresent(Int.self, forKey: .rate).map { max(1, $0) }
        received = try container.decodeIfPresent(Int64.self, forKey: .received) ?? 0
        acknowledged = try container.decodeIfPresent(Int64.self, forKey: .acknowledged) ?? 0
        emitted = try container.decodeIfPresent(Int64.self, forKey: .emitted)
        offsets = try container.decodeIfPresent([Int: SessionRecord.Offsets].self, forKey: .offsets) ?? [:]
        lost = try container.decodeIfPresent([EventInterval].self, forKey: .lost) ?? []
        startedAt = try container.decodeIfPresent(Instant.self, forKey: .startedAt)
        finishedAt = try container.decodeIfPresent(Instant.self, forKey: .finishedAt)
        updatedAt = try container.decode(Instant.self, forKey: .updatedAt)
        error = try container.decodeIfPresent(String.self, forKey: .error)
        unknown = try UnknownFields(from: decoder, known: CodingKeys.self)
    }

    /// Writes the whole state.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(id, forKey: .id)
        try container.encode(origin, forKey: .origin)
        try container.encode(product, forKey: .product)
        try container.encodeIfPresent(partition, forKey: .partition)
        try container.encode(from, forKey: .from)
        try container.encode(to, forKey: .to)
        try container.encode(fills, forKey: .fills)
        try container.encode(gaps, forKey: .gaps)
        try container.encode(state, forKey: .state)
        try container.encode(attempts, forKey: .attempts)
        try container.encode(remaining, forKey: .remaining)
        try container.encodeIfPresent(reached, forKey: .reached)
        try container.encodeIfPresent(pace, forKey: .pace)
        try container.encodeIfPresent(rate, forKey: .rate)
        try container.encode(knownOffset, forKey: .knownOffset)
        try container.encode(received, forKey: .received)
        try container.encode(acknowledged, forKey: .acknowledged)
        try container.encodeIfPresent(emitted, forKey: .emitted)
        try container.encode(offsets, forKey: .offsets)
        if !lost.isEmpty { try container.encode(lost, forKey: .lost) }
        try container.encode(createdAt, forKey: .createdAt)
        try container.encodeIfPresent(startedAt, forKey: .startedAt)
        try container.encodeIfPresent(finishedAt, forKey: .finishedAt)
        try container.encode(updatedAt, forKey: .updatedAt)
        try container.encodeIfPresent(error, forKey: .error)
        try unknown.encode(to: encoder)
    }
}

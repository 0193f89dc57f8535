/// Settled history of one stream partition, folded, so that the sessions, losses and jobs of that time can be removed.
public struct LedgerRecord: Hashable, Sendable {
    /// Version of this record's form.
    public static let currentVersion = 1

    /// The version that wrote it.
    public var version = LedgerRecord.currentVersion
    /// The stream partition.
    public var stream: StreamPartition
    /// Where its timeline starts: the first session's left end.
    public var from: Instant
    /// Everything before it is folded into this record.
    public var to: Instant
    /// Event time that some connection delivered.
    public var covered: [EventInterval]
    /// The same for each connection, coarser where it is long ago.
    public var byConnection: [String: [EventInterval]]
    /// Event time that recovery delivered.
    public var filled: [EventInterval]
    /// Event time that nobody delivered and that left the recovery window.
    public var unrecoverable: [EventInterval]
    /// Losses below this offset of control were known: a loss found later takes from what is told here.
    public var knownOffset: Int64
    /// When the record was written, by the coordinator's clock.
    public var updatedAt: Instant
    /// What a newer version wrote beside all this.
    public var unknown = UnknownFields()

    /// A record from its fields.
    public init(
        stream: StreamPartition,
        from: Instant,
        to: Instant,
        covered: [EventInterval],
        byConnection: [String: [EventInterval]],
        filled: [EventInterval],
        unrecoverable: [EventInterval],
        knownOffset: Int64,
        updatedAt: Instant
    ) {
        self.stream = stream
        self.from = from
        self.to = to
        self.covered = covered
        self.byConnection = byConnection
        self.filled = filled
        self.unrecoverable = unrecoverable
        self.knownOffset = knownOffset
        self.updatedAt = updatedAt
    }

    /// The record's key.
    public var key: ControlKey { ControlKey(.ledger, "\(stream)") }
}

extension LedgerRecord: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case version
        case stream
        case from
        case to
        case covered
        case byConnection
        case filled
        case unrecoverable
        case knownOffset
        case updatedAt
    }

    /// Reads a record; fields that came with a later version are kept in `unknown`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            stream: try container.decode(StreamPartition.self, forKey: .stream),
            from: try container.decode(Instant.self, forKey: .from),
            to: try container.decode(Instant.self, forKey: .to),
            covered: try container.decode([EventInterval].self, forKey: .covered),
            byConnection: try container.decodeIfPresent([String: [EventInterval]].self, forKey: .byConnection) ?? [:],
            filled: try container.decodeIfPresent([EventInterval].self, forKey: .filled) ?? [],
            unrecoverable: try container.decodeIfPresent([EventInterval].self, forKey: .unrecoverable) ?? [],
            knownOffset: try container.decode(Int64.self, forKey: .knownOffset),
            updatedAt: try container.decode(Instant.self, forKey: .updatedAt)
        )
        version = try container.decode(Int.self, forKey: .version)
        unknown = try UnknownFields(from: decoder, known: CodingKeys.self)
    }

    /// Writes the whole state.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(stream, forKey: .stream)
        try container.encode(from, forKey: .from)
        try container.encode(to, forKey: .to)
        try container.encode(covered, forKey: .covered)
        try container.encode(byConnection, forKey: .byConnection)
        try container.encode(filled, forKey: .filled)
        try container.encode(unrecoverable, forKey: .unrecoverable)
        try container.encode(knownOffset, forKey: .knownOffset)
        try container.encode(updatedAt, forKey: .updatedAt)
        try unknown.encode(to: encoder)
    }
}

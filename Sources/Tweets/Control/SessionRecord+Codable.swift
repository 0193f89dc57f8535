extension SessionRecord: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case version
        case connection
        case stream
        case session
        case host
        case sequence
        case serverDate
        case localDate
        case clockLeadMilliseconds
        case updatedAt
        case backfill
        case covered
        case holes
        case offsets
        case counters
        case closed
        case closedDetail
    }

    /// Reads a record; fields that came with a later version are kept in `unknown`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            connection: try container.decode(String.self, forKey: .connection),
            stream: try container.decode(StreamPartition.self, forKey: .stream),
            session: try container.decode(String.self, forKey: .session),
            host: try container.decode(String.self, forKey: .host),
            serverDate: try container.decode(Instant.self, forKey: .serverDate),
            localDate: try container.decode(Instant.self, forKey: .localDate),
            backfill: try container.decode(Backfill.self, forKey: .backfill)
        )
        version = try container.decode(Int.self, forKey: .version)
        clockLead = .milliseconds(try container.decodeIfPresent(Int64.self, forKey: .clockLeadMilliseconds) ?? 0)
        sequence = try container.decode(Int64.self, forKey: .sequence)
        updatedAt = try container.decode(Instant.self, forKey: .updatedAt)
        covered = try container.decodeIfPresent(EventInterval.self, forKey: .covered)
        holes = try container.decodeIfPresent([EventInterval].self, forKey: .holes) ?? []
        offsets = try container.decodeIfPresent([Int: Offsets].self, forKey: .offsets) ?? [:]
        counters = try container.decodeIfPresent(Counters.self, forKey: .counters) ?? Counters()
        // A newer version's reason is an end all the same: what the record says beside it must not be lost.
        closed = try container.decodeIfPresent(String.self, forKey: .closed).map {
            CloseReason(rawValue: $0) ?? .unknown
        }
        closedDetail = try container.decodeIfPresent(String.self, forKey: .closedDetail)
        unknown = try UnknownFields(from: decoder, known: CodingKeys.self)
    }

    /// Writes the whole state.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(connection, forKey: .connection)
        try container.encode(stream, forKey: .stream)
        try container.encode(session, forKey: .session)
        try container.encode(host, forKey: .host)
        try container.encode(sequence, forKey: .sequence)
        try container.encode(serverDate, forKey: .serverDate)
        try container.encode(localDate, forKey: .localDate)
        if clockLead > .zero { try container.encode(clockLead.milliseconds, forKey: .clockLeadMilliseconds) }
        try container.encode(updatedAt, forKey: .updatedAt)
        try container.encode(backfill, forKey: .backfill)
        try container.encodeIfPresent(covered, forKey: .covered)
        try container.encode(holes, forKey: .holes)
        try container.encode(offsets, forKey: .offsets)
        try container.encode(counters, forKey: .counters)
        try container.encodeIfPresent(closed, forKey: .closed)
        try container.encodeIfPresent(closedDetail, forKey: .closedDetail)
        try unknown.encode(to: encoder)
    }
}

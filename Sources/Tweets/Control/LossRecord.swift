/// Raw records that retention or compaction removed before dedup had read them.
public struct LossRecord: Hashable, Sendable {
    /// How a loss shows; a newer version may know other ways, which are losses all the same.
    public struct Finding: RawRepresentable, Hashable, Sendable, Codable {
        /// The name in control.
        public var rawValue: String

        /// A finding by its name.
        public init(rawValue: String) {
            self.rawValue = rawValue
        }

        /// The end offset fell below an acknowledged one, as after an unclean election.
        public static let truncation = Finding(rawValue: "truncation")
        /// A bridge was told of an offset at or below an earlier one: the log was cut and has grown past that since, and
        /// dedup may have gone on behind what was written in between.
        public static let rewritten = Finding(rawValue: "rewritten")

        /// Whether raw was cut behind an acknowledgement.
        public var isTruncation: Bool { self == .truncation || self == .rewritten }
    }

    /// Version of this record's form.
    public var version = 1
    /// The Kafka partition of raw.
    public var kafkaPartition: Int
    /// The first offset that was never read.
    public var fromOffset: Int64
    /// The first offset after the loss.
    public var toOffset: Int64
    /// When it was found, by the finder's own clock.
    public var foundAt: Instant
    /// How it was found; nil where dedup found records gone.
    public var finding: Finding?
    /// The event time that the records may have carried; nil until a coordinator has mapped the offsets.
    public var eventTime: [StreamIntervals]?
    /// What a newer version wrote beside all this.
    public var unknown = UnknownFields()

    /// A loss from its fields.
    public init(kafkaPartition: Int, fromOffset: Int64, toOffset: Int64, foundAt: Instant, finding: Finding? = nil) {
        self.kafkaPartition = kafkaPartition
        self.fromOffset = fromOffset
        self.toOffset = toOffset
        self.foundAt = foundAt
        self.finding = finding
    }

    /// The record's key.
    public var key: ControlKey { ControlKey(.loss, "\(kafkaPartition):\(fromOffset)-\(toOffset)") }
}

extension LossRecord: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case version
        case kafkaPartition
        case fromOffset
        case toOffset
        case foundAt
        case finding
        case eventTime
    }

    /// Reads a record; fields that came with a later version are kept in `unknown`.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            kafkaPartition: try container.decode(Int.self, forKey: .kafkaPartition),
            fromOffset: try container.decode(Int64.self, forKey: .fromOffset),
            toOffset: try container.decode(Int64.self, forKey: .toOffset),
            foundAt: try container.decode(Instant.self, forKey: .foundAt),
            finding: try container.decodeIfPresent(Finding.self, forKey: .finding)
        )
        version = try container.decode(Int.self, forKey: .version)
        eventTime = try container.decodeIfPresent([StreamIntervals].self, forKey: .eventTime)
        unknown = try UnknownFields(from: decoder, known: CodingKeys.self)
    }

    /// Writes the whole state.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(version, forKey: .version)
        try container.encode(kafkaPartition, forKey: .kafkaPartition)
        try container.encode(fromOffset, forKey: .fromOffset)
        try container.encode(toOffset, forKey: .toOffset)
        try container.encode(foundAt, forKey: .foundAt)
        try container.encodeIfPresent(finding, forKey: .finding)
        try container.encodeIfPresent(eventTime, forKey: .eventTime)
        try unknown.encode(to: encoder)
    }
}

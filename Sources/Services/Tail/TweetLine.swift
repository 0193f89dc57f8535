import FoundationEssentials
public import Tweets

/// A record of the tweets topic as `decahose tail` shows it.
public struct TweetLine: Hashable, Sendable, Encodable {
    /// The Tweet's ID as the key has it.
    public var id: String
    /// Whether the record says that the Tweet was deleted.
    public var isDelete: Bool
    /// When the Tweet was created, out of its ID; nil before 2010-11-04.
    public var createdAt: Instant?
    /// When the first copy was received.
    public var receivedAt: Instant?
    /// The connection that the first copy came on; nil where the record does not tell.
    public var connection: String?
    /// How it came: `live`, `backfill`, `recovery`.
    public var source: String?
    /// The recovery job that it came with.
    public var job: String?
    /// Bytes of the value.
    public var bytes: Int
    /// The Kafka partition.
    public var partition: Int32
    /// The offset in it.
    public var offset: Int64

    /// Reads a record's parts.
    init(
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        header: UnsafeRawBufferPointer?,
        partition: Int32,
        offset: Int64
    ) {
        id = key.map { String(decoding: $0, as: UTF8.self) } ?? ""
        isDelete = value == nil
        createdAt = key.flatMap { TweetID(decimal: $0) }?.createdAt
        let provenance = header.flatMap { RecordHeader($0) }
        receivedAt = provenance?.receivedAt
        connection = provenance.flatMap { $0.connection.isEmpty ? nil : $0.connection }
        source = provenance?.source.rawValue
        job = provenance?.job
        bytes = value?.count ?? 0
        self.partition = partition
        self.offset = offset
    }

    /// How long after its creation it was received, which may be less than zero by the difference of two clocks.
    public var lag: Duration? {
        guard let createdAt, let receivedAt, !isDelete else { return nil }
        return receivedAt - createdAt
    }

    /// The columns of ``text``.
    public static let heading = columns("RECEIVED", "TWEET", "FROM", "LAG", "CREATED")

    /// A line for people.
    public var text: String {
        let origin = [connection, source == "live" ? nil : source].compactMap(\.self).joined(separator: " ")
        return Self.columns(
            receivedAt.map(Self.time) ?? "-",
            id,
            origin.isEmpty ? "-" : origin,
            isDelete ? "deleted" : lag.map(Self.seconds) ?? "-",
            createdAt?.description ?? "before snowflakes"
        )
    }

    /// One JSON object without a line break; a missing field is not there.
    public var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        guard let data = try? encoder.encode(self) else { preconditionFailure("cannot be encoded: \(self)") }
        return String(decoding: data, as: UTF8.self)
    }

    private enum Key: String, CodingKey {
        case id, deleted, createdAt, receivedAt, lagSeconds, connection, source, job, bytes, partition, offset
    }

    /// Writes the JSON form.
    public func encode(to encoder: any Encoder) throws {
        var fields = encoder.container(keyedBy: Key.self)
        try fields.encode(id, forKey: .id)
        try fields.encode(isDelete, forKey: .deleted)
        try fields.encodeIfPresent(createdAt, forKey: .createdAt)
        try fields.encodeIfPresent(receivedAt, forKey: .receivedAt)
        try fields.encodeIfPresent(lag.map { Double($0.milliseconds) / 1000 }, forKey: .lagSeconds)
        try fields.encodeIfPresent(connection, forKey: .connection)
        try fields.encodeIfPresent(source, forKey: .source)
        try fields.encodeIfPresent(job, forKey: .job)
        try fields.encode(bytes, forKey: .bytes)
        try fields.encode(partition, forKey: .partition)
        try fields.encode(offset, forKey: .offset)
    }

    private static func columns(_ texts: String...) -> String {
        var line = ""
        for (text, width) in zip(texts, [14, 21, 12, 10, 0]) {
            line += text + String(repeating: " ", count: max(width == 0 ? 0 : 1, width - text.count))
        }
        return line
    }

    /// `20:45:01.250`.
    private static func time(_ instant: Instant) -> String {
        String(instant.description.dropFirst(11).prefix(12))
    }

    /// `1.250s`, and from a minute on without the fraction.
    private static func seconds(_ duration: Duration) -> String {
        let milliseconds = duration.milliseconds
        guard abs(milliseconds) < 60_000 else { return TextTable.length(duration) }
        let fraction = String(abs(milliseconds) % 1000 + 1000).dropFirst()
        return "\(milliseconds < 0 ? "-" : "")\(abs(milliseconds) / 1000).\(fraction)s"
    }
}

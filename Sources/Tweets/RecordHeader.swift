/// The provenance of a record: the one header `dh`, short readable text.
///
/// `c=a p=1 s=live n=<session>`; recovery adds `j=<job>`; dedup forwards it and adds ` r=<received ms>`. Fields are
/// separated by one space and may come in any order; unknown ones are passed over.
public struct RecordHeader: Hashable, Sendable {
    /// The header's name.
    public static let name: StaticString = "dh"

    /// How a copy came to us.
    public enum Source: String, CaseIterable, Sendable, Codable {
        /// Delivered as it happened.
        case live
        /// Delivered again at a reconnect, because the connection asked for the minutes before it.
        case backfill
        /// Delivered to a recovery job.
        case recovery
        /// A tombstone that dedup wrote again after a late copy.
        case dedup
    }

    /// The redundant connection's name (`c`); empty where there is none.
    public var connection: String
    /// The stream partition's number (`p`); 0 where one connection carries all of them.
    public var partition: Int
    /// How the copy came (`s`).
    public var source: Source
    /// The session that received it (`n`); empty where there is none.
    public var session: String
    /// The recovery job (`j`), if there was one.
    public var job: String?
    /// When the copy was received (`r`); only dedup tells, in a header of its own.
    public var receivedAt: Instant?

    /// A header from its fields.
    public init(
        connection: String,
        partition: Int,
        source: Source,
        session: String,
        job: String? = nil,
        receivedAt: Instant? = nil
    ) {
        self.connection = connection
        self.partition = partition
        self.source = source
        self.session = session
        self.job = job
        self.receivedAt = receivedAt
    }

    /// Reads the text form; nil without a known source.
    public init?(_ bytes: UnsafeRawBufferPointer) {
        var connection = ""
        var partition = 0
        var source: Source?
        var session = ""
        var job: String?
        var receivedAt: Instant?
        for field in bytes.split(separator: 0x20) {
            guard field.count >= 2, field[field.startIndex + 1] == 0x3D else { continue }
            let value = String(decoding: field.dropFirst(2), as: UTF8.self)
            switch field[field.startIndex] {
            case UInt8(ascii: "c"): connection = value
            case UInt8(ascii: "p"): partition = Int(value) ?? 0
            case UInt8(ascii: "s"): source = Source(rawValue: value)
            case UInt8(ascii: "n"): session = value
            case UInt8(ascii: "j"): job = value
            case UInt8(ascii: "r"): receivedAt = Int64(value).map { Instant(milliseconds: $0) }
            default: continue
            }
        }
        guard let source else { return nil }
        self.init(
            connection: connection,
            partition: partition,
            source: source,
            session: session,
            job: job,
            receivedAt: receivedAt
        )
    }

    /// The text form, built once a session.
    public var text: String {
        var fields: [String] = []
        if !connection.isEmpty { fields.append("c=\(connection)") }
        if partition > 0 { fields.append("p=\(partition)") }
        fields.append("s=\(source.rawValue)")
        if !session.isEmpty { fields.append("n=\(session)") }
        if let job { fields.append("j=\(job)") }
        if let receivedAt { fields.append("r=\(receivedAt.milliseconds)") }
        return fields.joined(separator: " ")
    }
}

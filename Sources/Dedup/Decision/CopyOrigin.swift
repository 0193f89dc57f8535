/// Where a copy came from, out of its provenance header, in the form in which the census counts.
public struct CopyOrigin: Hashable, Sendable {
    /// How it came; nil for dedup's own tombstones and for records without a readable header.
    public var source: CopySource?
    /// The connection's bit; 0 where there is none or it has no bit.
    public var connection: UInt8
    /// The stream partition; 0 where one connection carries all of them.
    public var stream: Int
    /// Whether dedup wrote the record itself.
    public var isOwn: Bool

    /// An origin from its fields.
    public init(source: CopySource?, connection: UInt8, stream: Int, isOwn: Bool = false) {
        self.source = source
        self.connection = connection
        self.stream = stream
        self.isOwn = isOwn
    }

    /// The origin of a record without a readable header: it is deduplicated like any other, and not counted.
    public static let unknown = CopyOrigin(source: nil, connection: 0, stream: 0)
}

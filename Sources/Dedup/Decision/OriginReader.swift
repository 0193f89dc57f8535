import Tweets

/// Reads provenance headers; a session's copies all have the same, so each distinct one is parsed once.
public struct OriginReader: Sendable {
    private var known: [(text: [UInt8], origin: CopyOrigin)] = []
    private var oldest = 0
    /// The connections that have a bit, in the order of the bits.
    public private(set) var connections: [String] = []
    /// Whether there was a ninth connection, whose copies the census cannot tell apart.
    public private(set) var hasOverflowed = false

    private static let knownMax = 32
    /// How many connections the census can tell apart.
    public static let connectionsMax = 8

    /// A reader that knows nothing yet.
    public init() {}

    /// The origin that a header tells; nil stands for a record without it.
    public mutating func origin(of header: UnsafeRawBufferPointer?) -> CopyOrigin {
        guard let header else { return .unknown }
        for entry in known where entry.text.count == header.count {
            if entry.text.withUnsafeBytes({ Self.areSame($0, header) }) { return entry.origin }
        }
        return learn(header)
    }

    /// Compares from the end, eight bytes at a time: it is there that the sessions of one connection differ.
    @inline(__always)
    private static func areSame(_ left: UnsafeRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        var end = left.count
        while end >= 8 {
            end -= 8
            let words = (
                left.loadUnaligned(fromByteOffset: end, as: UInt64.self),
                right.loadUnaligned(fromByteOffset: end, as: UInt64.self)
            )
            guard words.0 == words.1 else { return false }
        }
        return left[..<end].elementsEqual(right[..<end])
    }

    private mutating func learn(_ header: UnsafeRawBufferPointer) -> CopyOrigin {
        let parsed = RecordHeader(header)
        let origin: CopyOrigin = if let parsed { self.origin(of: parsed) } else { .unknown }
        let entry = (text: Array(header), origin: origin)
        if known.count < Self.knownMax {
            known.append(entry)
        } else {
            known[oldest] = entry
            oldest = (oldest + 1) % Self.knownMax
        }
        return origin
    }

    private mutating func origin(of header: RecordHeader) -> CopyOrigin {
        let source: CopySource? =
            switch header.source {
            case .live: .live
            case .backfill: .backfill
            case .recovery: .recovery
            case .dedup: nil
            }
        return CopyOrigin(
            source: source,
            connection: source == .recovery ? 0 : bit(of: header.connection),
            stream: header.partition,
            isOwn: header.source == .dedup
        )
    }

    private mutating func bit(of connection: String) -> UInt8 {
        guard !connection.isEmpty else { return 0 }
        if let index = connections.firstIndex(of: connection) { return 1 << UInt8(index) }
        guard connections.count < Self.connectionsMax else {
            hasOverflowed = true
            return 0
        }
        connections.append(connection)
        return 1 << UInt8(connections.count - 1)
    }

    /// The names behind a set of bits, joined as census records have them, for example `a+b`.
    public func names(of bits: UInt8) -> String {
        connections.indices.filter { bits >> UInt8($0) & 1 == 1 }.map { connections[$0] }.sorted()
            .joined(separator: "+")
    }
}

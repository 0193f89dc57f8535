import CZlib

/// Inflates a gzip stream as it comes.
///
/// Members may follow each other, and a flush may come anywhere: whatever can be known after a piece is handed out at
/// once. A stream that ends inside a member is told apart from one that ends between two.
public struct Inflater: ~Copyable {
    /// The most bytes that are handed out in one call where the caller has no memory of its own for them.
    public static let outputBytes = 256 << 10

    /// Where in the stream the next byte is.
    private enum Place {
        case betweenMembers
        case header(GzipHeader)
        case body
        case trailer(GzipTrailer)
    }

    /// zlib keeps the address of its state, so the state has an allocation of its own.
    private let stream: UnsafeMutablePointer<z_stream>
    private var output: UnsafeMutableRawBufferPointer?
    private var place = Place.betweenMembers
    /// Of the plain bytes of the present member.
    private var checksum: UInt32 = 0
    private var plainCount: UInt64 = 0

    /// An inflater at the start of a stream.
    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15 is the largest window; below zero it asks for the bare data, since header and trailer are ours.
        let status = decahose_inflate_init(stream, -15)
        precondition(status == Z_OK, "zlib cannot be initialised: \(status)")
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
        output?.deallocate()
    }

    /// Whether the stream, should it end here, would be cut inside a member.
    public var isTruncated: Bool { if case .betweenMembers = place { false } else { true } }

    /// Inflates a piece, handing out everything that it completes, in memory of the inflater's own.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of the stream; a piece may end anywhere.
    ///   - body: Called with plain bytes, borrowed for the call; false stops, and the rest of the piece is dropped.
    /// - Returns: Whether `body` wanted all of it.
    public mutating func inflate(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Bool
    ) throws(InflateError) -> Bool {
        let own = output ?? .allocate(byteCount: Self.outputBytes, alignment: 64)
        output = own
        return try inflate(bytes, into: { own }, body)
    }

    /// Inflates a piece, handing out everything that it completes, in memory of the caller's.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of the stream; a piece may end anywhere.
    ///   - room: Asked each time for memory that plain bytes may be written to, at least one.
    ///   - body: Called with what was written there; false stops, and the rest of the piece is dropped.
    /// - Returns: Whether `body` wanted all of it.
    public mutating func inflate(
        _ bytes: UnsafeRawBufferPointer,
        into room: () -> UnsafeMutableRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Bool
    ) throws(InflateError) -> Bool {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return true }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        defer {
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
        }
        while true {
            switch place {
            case .betweenMembers:
                guard stream.pointee.avail_in > 0 else { return true }
                place = .header(GzipHeader())
            case .header(var header):
                while !header.isComplete, let byte = nextByte() { try header.take(byte) }
                place = .header(header)
                guard header.isComplete else { return true }
                try begin()
            case .body:
                let output = room()
                let status = inflate(into: output)
                let produced = UnsafeRawBufferPointer(
                    rebasing: output[..<(output.count - Int(stream.pointee.avail_out))]
                )
                count(produced)
                if !produced.isEmpty, !body(produced) { return false }
                if try isOver(status) { return true }
            case .trailer(var trailer):
                while !trailer.isComplete, let byte = nextByte() { trailer.take(byte) }
                place = .trailer(trailer)
                guard trailer.isComplete else { return true }
                try trailer.verify(checksum: checksum, count: plainCount)
                place = .betweenMembers
            }
        }
    }

    /// A byte that is not zlib's to read.
    private func nextByte() -> UInt8? {
        guard stream.pointee.avail_in > 0, let byte = stream.pointee.next_in else { return nil }
        stream.pointee.next_in = byte + 1
        stream.pointee.avail_in -= 1
        return byte.pointee
    }

    /// Begins the data of a member.
    private mutating func begin() throws(InflateError) {
        guard inflateReset(stream) == Z_OK else { throw .damaged("zlib cannot be reset") }
        place = .body
        checksum = 0
        plainCount = 0
    }

    private func inflate(into output: UnsafeMutableRawBufferPointer) -> Int32 {
        stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        stream.pointee.avail_out = UInt32(output.count)
        return CZlib.inflate(stream, Z_SYNC_FLUSH)
    }

    private mutating func count(_ plain: UnsafeRawBufferPointer) {
        guard let start = plain.baseAddress else { return }
        checksum = decahose_crc32(checksum, start.assumingMemoryBound(to: UInt8.self), plain.count)
        plainCount += UInt64(plain.count)
    }

    /// Whether nothing more can be known before further bytes come.
    private mutating func isOver(_ status: Int32) throws(InflateError) -> Bool {
        switch status {
        case Z_OK:
            return stream.pointee.avail_in == 0 && stream.pointee.avail_out > 0
        case Z_STREAM_END:
            place = .trailer(GzipTrailer())
            return false
        case Z_BUF_ERROR:
            // No progress is possible with what is there, which is no error.
            return true
        default:
            throw .damaged(stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)")
        }
    }
}

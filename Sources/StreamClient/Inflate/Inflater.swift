import CZlib

/// Inflates a gzip stream as it comes.
///
/// Members may follow each other, and a flush may come anywhere: whatever can be known after a piece is handed out at
/// once. A stream that ends inside a member is told apart from one that ends between two.
public struct Inflater: ~Copyable {
    /// The most bytes that are handed out in one call.
    public static let outputBytes = 256 << 10

    /// zlib keeps the address of its state, so the state has an allocation of its own.
    private let stream: UnsafeMutablePointer<z_stream>
    private let output: UnsafeMutableRawBufferPointer
    private var isInsideMember = false

    /// An inflater at the start of a stream.
    public init() {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        output = .allocate(byteCount: Self.outputBytes, alignment: 64)
        // 15 is the largest window; 16 asks for the gzip header and trailer, and nothing else.
        let status = decahose_inflate_init(stream, 15 + 16)
        precondition(status == Z_OK, "zlib cannot be initialised: \(status)")
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
        output.deallocate()
    }

    /// Whether the stream, should it end here, would be cut inside a member.
    public var isTruncated: Bool { isInsideMember }

    /// Inflates a piece, handing out everything that it completes.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of the stream; a piece may end anywhere.
    ///   - body: Called with plain bytes, borrowed for the call; false stops, and the rest of the piece is dropped.
    /// - Returns: Whether `body` wanted all of it.
    public mutating func inflate(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer) -> Bool
    ) throws(InflateError) -> Bool {
        guard let start = bytes.baseAddress, !bytes.isEmpty else { return true }
        stream.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        stream.pointee.avail_in = UInt32(bytes.count)
        defer {
            stream.pointee.next_in = nil
            stream.pointee.avail_in = 0
        }
        var outputWasFull = false
        while stream.pointee.avail_in > 0 || outputWasFull {
            if !isInsideMember {
                guard stream.pointee.avail_in > 0 else { return true }
                try begin()
            }
            stream.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            stream.pointee.avail_out = UInt32(output.count)
            let status = CZlib.inflate(stream, Z_SYNC_FLUSH)
            let produced = output.count - Int(stream.pointee.avail_out)
            if produced > 0, !body(UnsafeRawBufferPointer(rebasing: output[..<produced])) { return false }
            switch status {
            case Z_OK:
                outputWasFull = stream.pointee.avail_out == 0
            case Z_STREAM_END:
                isInsideMember = false
                outputWasFull = false
            case Z_BUF_ERROR:
                // No progress is possible with what is there, which is no error.
                return true
            default:
                let text = stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(status)"
                throw .damaged(text)
            }
        }
        return true
    }

    /// Begins the next member.
    private mutating func begin() throws(InflateError) {
        guard inflateReset(stream) == Z_OK else { throw .damaged("zlib cannot be reset") }
        isInsideMember = true
    }
}

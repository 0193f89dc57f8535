import CIgzip

/// Inflates a gzip stream as it comes.
///
/// Members may follow each other, and a flush may come anywhere: whatever can be known after a piece is handed out at
/// once. A stream that ends inside a member is told apart from one that ends between two. Each member's checksum is
/// verified.
///
/// By ISA-L, which takes half of zlib's time for the same bytes, and inflating is the dearest step of a Tweet's way.
public struct Inflater: ~Copyable {
    /// The most bytes that are handed out in one call.
    public static let outputBytes = 256 << 10

    /// ISA-L's state holds the window, too much for a stack.
    private let state: UnsafeMutablePointer<inflate_state>
    private let output: UnsafeMutableRawBufferPointer
    private var isInsideMember = false

    /// An inflater at the start of a stream.
    public init() {
        state = .allocate(capacity: 1)
        isal_inflate_init(state)
        output = .allocate(byteCount: Self.outputBytes, alignment: 64)
    }

    deinit {
        state.deallocate()
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
        state.pointee.next_in = UnsafeMutablePointer(mutating: start.assumingMemoryBound(to: UInt8.self))
        state.pointee.avail_in = UInt32(bytes.count)
        defer {
            state.pointee.next_in = nil
            state.pointee.avail_in = 0
        }
        var outputWasFull = false
        while state.pointee.avail_in > 0 || outputWasFull {
            if !isInsideMember { try begin() }
            let before = state.pointee.avail_in
            state.pointee.next_out = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            state.pointee.avail_out = UInt32(output.count)
            let status = isal_inflate(state)
            let produced = output.count - Int(state.pointee.avail_out)
            if produced > 0, !body(UnsafeRawBufferPointer(rebasing: output[..<produced])) { return false }
            guard status == ISAL_DECOMP_OK else { throw .damaged(Self.text(status)) }
            outputWasFull = state.pointee.avail_out == 0
            if state.pointee.block_state == ISAL_BLOCK_FINISH {
                isInsideMember = false
                outputWasFull = false
            } else if produced == 0, state.pointee.avail_in == before, before > 0 {
                throw .damaged("bytes that mean nothing")
            }
        }
        return true
    }

    /// Begins the next member.
    private mutating func begin() throws(InflateError) {
        // ISA-L looks at a header only when all of it is there: a few bytes of junk would pass for a cut stream.
        guard state.pointee.next_in.pointee == 0x1F else { throw .damaged(Self.text(ISAL_INVALID_WRAPPER)) }
        isal_inflate_reset(state)
        state.pointee.crc_flag = UInt32(ISAL_GZIP)
        isInsideMember = true
    }

    private static func text(_ status: Int32) -> String {
        switch status {
        case ISAL_INVALID_BLOCK: "an invalid block"
        case ISAL_INVALID_SYMBOL: "an invalid symbol"
        case ISAL_INVALID_LOOKBACK: "a reference to before the start"
        case ISAL_INVALID_WRAPPER: "no gzip header where one should be"
        case ISAL_UNSUPPORTED_METHOD: "compressed by another method than deflate"
        case ISAL_INCORRECT_CHECKSUM: "a wrong checksum"
        default: "ISA-L error \(status)"
        }
    }
}

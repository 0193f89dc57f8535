/// Cuts a byte stream into the lines that a line break ended.
///
/// ```
///  in:   [{"id":1}\r\n{"i]        [d":2}\r\n\r]       [\n{"id":]
///  out:  {"id":1}                 {"id":2}            (heartbeat)      pending: {"id":
/// ```
///
/// A line that lies whole in the incoming bytes is lent as it is; only a line that straddles two chunks is copied, into
/// one buffer that is used again. No byte is looked at twice in search of the line break. No limit cuts a line short: a
/// line above `lineBytesMax` is lent whole and marked, up to `memoryBytesMax`, beyond which only its beginning is kept
/// and lent as `overflow`, so that the loss can be named.
public struct MessageFramer: ~Copyable {
    /// What a line is, by its length alone.
    public enum LineKind: Hashable, Sendable {
        /// A line of ordinary length, without its line break.
        case line
        /// An empty line: the server is alive.
        case heartbeat
        /// A whole line that is longer than `lineBytesMax`.
        case oversize
        /// The beginning of a line that was longer than `memoryBytesMax`; the rest was dropped.
        case overflow(totalBytes: Int)
    }

    /// The longest line that is held in memory, in bytes; no topic takes one of half that size.
    public static let memoryBytesMax = 16 << 20

    /// How many bytes of a line beyond `memoryBytesMax` are kept, to look for its ID.
    public static let overflowPrefixBytes = 1 << 20

    /// The buffer's size at rest, in bytes; a longer one is given back after the line that needed it.
    public static let restingBytes = 256 << 10

    /// Lines longer than this many bytes are marked `oversize`.
    public let lineBytesMax: Int

    private let memoryBytesMax: Int
    private let overflowPrefixBytes: Int
    private var buffer: UnsafeMutableRawBufferPointer
    private var pendingCount = 0
    /// Bytes of the pending line beyond what the buffer holds; above zero only for a line that overflows.
    private var droppedCount = 0
    private var droppedEndsInCarriageReturn = false

    /// A framer at the start of a stream.
    ///
    /// - Parameters:
    ///   - lineBytesMax: Longer lines are marked `oversize`, in bytes.
    ///   - memoryBytesMax: Longer lines are not held, in bytes.
    public init(lineBytesMax: Int, memoryBytesMax: Int = MessageFramer.memoryBytesMax) {
        precondition(lineBytesMax > 0 && memoryBytesMax > 0, "limits \(lineBytesMax), \(memoryBytesMax)")
        self.lineBytesMax = lineBytesMax
        self.memoryBytesMax = memoryBytesMax
        overflowPrefixBytes = min(Self.overflowPrefixBytes, memoryBytesMax)
        buffer = .allocate(byteCount: 4096, alignment: 16)
    }

    deinit {
        buffer.deallocate()
    }

    /// Bytes that wait for their line break; at the end of a stream they are its truncated tail.
    public var pendingBytes: Int { pendingCount + droppedCount }

    /// Takes bytes and lends every line that they complete, in order.
    ///
    /// - Parameters:
    ///   - bytes: The next bytes of the stream; a chunk may end anywhere.
    ///   - body: Called for each line, without its `\n` or `\r\n`; the bytes are valid only during the call.
    @inlinable
    public mutating func consume(
        _ bytes: UnsafeRawBufferPointer,
        _ body: (UnsafeRawBufferPointer, LineKind) -> Void
    ) {
        var start = 0
        while let end = Self.newline(in: bytes, from: start) {
            let piece = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if pendingBytes == 0 {
                lend(piece, body)
            } else {
                append(piece)
                lendPending(body)
            }
            start = end + 1
        }
        if start < bytes.count { append(UnsafeRawBufferPointer(rebasing: bytes[start...])) }
    }

    /// Forgets the pending bytes, so that the framer can serve another connection.
    ///
    /// - Returns: How many bytes there were: the truncated tail.
    public mutating func endOfStream() -> Int {
        let tail = pendingBytes
        clearPending()
        return tail
    }

    @usableFromInline
    func lend(_ line: UnsafeRawBufferPointer, _ body: (UnsafeRawBufferPointer, LineKind) -> Void) {
        let stripped = Self.withoutCarriageReturn(line)
        if stripped.isEmpty {
            body(stripped, .heartbeat)
        } else if stripped.count <= lineBytesMax {
            body(stripped, .line)
        } else if stripped.count <= memoryBytesMax {
            body(stripped, .oversize)
        } else {
            body(
                UnsafeRawBufferPointer(rebasing: stripped.prefix(overflowPrefixBytes)),
                .overflow(totalBytes: stripped.count)
            )
        }
    }

    @usableFromInline
    mutating func lendPending(_ body: (UnsafeRawBufferPointer, LineKind) -> Void) {
        let held = UnsafeRawBufferPointer(rebasing: buffer[..<pendingCount])
        if droppedCount == 0 {
            lend(held, body)
        } else {
            body(held, .overflow(totalBytes: pendingBytes - (droppedEndsInCarriageReturn ? 1 : 0)))
        }
        clearPending()
    }

    @usableFromInline
    mutating func append(_ piece: UnsafeRawBufferPointer) {
        guard droppedCount == 0 else {
            drop(piece, count: piece.count)
            return
        }
        let total = pendingCount + piece.count
        // One byte more, because the line may still turn out to end in "\r\n".
        guard total <= memoryBytesMax + 1 else {
            let kept = min(total, overflowPrefixBytes)
            if kept > pendingCount {
                copy(UnsafeRawBufferPointer(rebasing: piece[..<(kept - pendingCount)]))
            }
            pendingCount = kept
            drop(piece, count: total - kept)
            return
        }
        copy(piece)
    }

    private mutating func drop(_ piece: UnsafeRawBufferPointer, count: Int) {
        droppedCount += count
        if let last = piece.last { droppedEndsInCarriageReturn = last == 0x0D }
    }

    private mutating func copy(_ piece: UnsafeRawBufferPointer) {
        let total = pendingCount + piece.count
        if total > buffer.count { grow(to: total) }
        UnsafeMutableRawBufferPointer(rebasing: buffer[pendingCount...]).copyMemory(from: piece)
        pendingCount = total
    }

    private mutating func grow(to count: Int) {
        let larger = UnsafeMutableRawBufferPointer.allocate(
            byteCount: max(count, min(buffer.count * 2, memoryBytesMax + 1)),
            alignment: 16
        )
        larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<pendingCount]))
        buffer.deallocate()
        buffer = larger
    }

    private mutating func clearPending() {
        pendingCount = 0
        droppedCount = 0
        droppedEndsInCarriageReturn = false
        guard buffer.count > Self.restingBytes else { return }
        buffer.deallocate()
        buffer = .allocate(byteCount: Self.restingBytes, alignment: 16)
    }

    private static func withoutCarriageReturn(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        guard let last = line.last, last == 0x0D else { return line }
        return UnsafeRawBufferPointer(rebasing: line.dropLast())
    }

    /// The first `\n` at or after `start`.
    @usableFromInline
    static func newline(in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        ByteSearch.first(0x0A, in: bytes, from: start)
    }
}

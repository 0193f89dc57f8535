/// The trailer of a gzip member (RFC 1952), taken as it comes: the checksum of the plain bytes and their number.
struct GzipTrailer {
    private var value: UInt64 = 0
    private var position: UInt64 = 0

    /// Whether all of it was taken.
    var isComplete: Bool { position == 8 }

    /// Takes one byte of it.
    mutating func take(_ byte: UInt8) {
        value |= UInt64(byte) << (8 * position)
        position += 1
    }

    /// Compares it with what came.
    ///
    /// - Parameters:
    ///   - checksum: CRC-32 of the plain bytes.
    ///   - count: How many there were; only the lowest 32 bits are told.
    /// - Throws: What differs, in zlib's words.
    func verify(checksum: UInt32, count: UInt64) throws(InflateError) {
        guard UInt32(truncatingIfNeeded: value) == checksum else { throw .damaged("incorrect data check") }
        guard value >> 32 == count & 0xFFFF_FFFF else { throw .damaged("incorrect length check") }
    }
}

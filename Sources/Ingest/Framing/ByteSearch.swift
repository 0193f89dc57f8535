/// Finds a byte, 16 at a time: what `memchr` does, without a C library in a pure core.
enum ByteSearch {
    /// The position of the first `byte` at or after `start`; nil where there is none.
    static func first(_ byte: UInt8, in bytes: UnsafeRawBufferPointer, from start: Int) -> Int? {
        guard let base = bytes.baseAddress else { return nil }
        var position = start
        let wanted = UInt64(byte) &* 0x0101_0101_0101_0101
        let wantedLanes = SIMD16<UInt8>(repeating: byte)
        while position + 64 <= bytes.count {
            let hits =
                (load(base, position) .== wantedLanes)
                .| (load(base, position + 16) .== wantedLanes)
                .| (load(base, position + 32) .== wantedLanes)
                .| (load(base, position + 48) .== wantedLanes)
            let words = unsafeBitCast(hits, to: SIMD2<UInt64>.self)
            if words.x | words.y != 0 { break }
            position += 64
        }
        while position + 8 <= bytes.count {
            let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: position, as: UInt64.self)) ^ wanted
            let low: UInt64 = 0x7F7F_7F7F_7F7F_7F7F
            let zeros = ~(((word & low) &+ low) | word | low)
            if zeros != 0 { return position + zeros.trailingZeroBitCount / 8 }
            position += 8
        }
        while position < bytes.count {
            if bytes[position] == byte { return position }
            position += 1
        }
        return nil
    }

    @inline(__always)
    private static func load(_ base: UnsafeRawPointer, _ offset: Int) -> SIMD16<UInt8> {
        base.loadUnaligned(fromByteOffset: offset, as: SIMD16<UInt8>.self)
    }
}

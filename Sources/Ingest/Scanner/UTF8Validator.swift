/// Checks that bytes are well-formed UTF-8 (Unicode 15, table 3-7), resuming where it stopped.
struct UTF8Validator {
    /// Everything before this position has been found well-formed.
    private var checked = 0

    /// Checks the characters beyond ASCII that begin in a block of 64 bytes; the last may reach beyond it.
    ///
    /// - Parameters:
    ///   - start: Where the block begins; every block before it has been checked.
    ///   - nonASCII: One bit a byte of the block that is no ASCII.
    mutating func check(_ bytes: UnsafeRawBufferPointer, block start: Int, nonASCII: UInt64) -> Bool {
        var bits = nonASCII
        if checked > start {
            // What the last character of the block before took of this one.
            bits &= ~0 << UInt64(checked - start)
        }
        while bits != 0 {
            let offset = bits.trailingZeroBitCount
            let position = start + offset
            guard let length = Self.length(bytes, at: position, lead: bytes[position]) else { return false }
            checked = position + length
            guard offset + length < 64 else { return true }
            bits &= ~0 << UInt64(offset + length)
        }
        return true
    }

    private static func length(_ bytes: UnsafeRawBufferPointer, at position: Int, lead: UInt8) -> Int? {
        let length: Int
        var second: ClosedRange<UInt8> = 0x80...0xBF
        switch lead {
        case 0xC2...0xDF: length = 2
        case 0xE0:
            length = 3
            second = 0xA0...0xBF
        case 0xED:
            length = 3
            second = 0x80...0x9F
        case 0xE1...0xEF: length = 3
        case 0xF0:
            length = 4
            second = 0x90...0xBF
        case 0xF1...0xF3: length = 4
        case 0xF4:
            length = 4
            second = 0x80...0x8F
        default: return nil
        }
        guard position + length <= bytes.count, second.contains(bytes[position + 1]) else { return nil }
        for offset in 2..<max(2, length) where bytes[position + offset] & 0xC0 != 0x80 { return nil }
        return length
    }
}

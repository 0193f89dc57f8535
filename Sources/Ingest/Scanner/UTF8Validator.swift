/// Checks that bytes are well-formed UTF-8 (Unicode 15, table 3-7), resuming where it stopped.
struct UTF8Validator {
    /// Everything before this position has been found well-formed.
    private(set) var checked = 0

    /// Checks on from `start`, where a character must begin unless it was checked already, through the last character
    /// that begins before `end`.
    ///
    /// - Returns: Whether all of it is well-formed; a character may reach beyond `end`.
    mutating func check(_ bytes: UnsafeRawBufferPointer, from start: Int, to end: Int) -> Bool {
        var position = max(start, checked)
        while position < end {
            let lead = bytes[position]
            if lead < 0x80 {
                position += 1
                continue
            }
            guard let length = Self.length(bytes, at: position, lead: lead) else { return false }
            position += length
        }
        checked = max(checked, position)
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

/// Recognises what JSON allows where no string, object or array stands: numbers, `true`, `false` and `null`.
enum JSONLiteral {
    /// What a literal is.
    enum Kind {
        case number
        case other
    }

    /// Reads the literal that begins at `position` and moves behind it.
    ///
    /// - Returns: Its kind; nil where none stands there. A caller must still find a delimiter behind it.
    @inline(__always)
    static func read(_ bytes: UnsafeRawBufferPointer, at position: inout Int) -> Kind? {
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "n"): return word("null", bytes, &position)
        case UInt8(ascii: "t"): return word("true", bytes, &position)
        case UInt8(ascii: "f"): return word("false", bytes, &position)
        case UInt8(ascii: "-"), 0x30...0x39: return number(bytes, &position)
        default: return nil
        }
    }

    private static func word(
        _ word: StaticString,
        _ bytes: UnsafeRawBufferPointer,
        _ position: inout Int
    ) -> Kind? {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count else { return nil }
        for offset in 0..<count where bytes[position + offset] != word.utf8Start[offset] { return nil }
        position += count
        return .other
    }

    private static func number(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Kind? {
        if bytes[position] == UInt8(ascii: "-") { position += 1 }
        let first = position
        guard digits(bytes, &position) > 0 else { return nil }
        if bytes[first] == 0x30, position > first + 1 { return nil }
        if position < bytes.count, bytes[position] == UInt8(ascii: ".") {
            position += 1
            guard digits(bytes, &position) > 0 else { return nil }
        }
        if position < bytes.count, bytes[position] | 0x20 == UInt8(ascii: "e") {
            position += 1
            if position < bytes.count, bytes[position] == UInt8(ascii: "+") || bytes[position] == UInt8(ascii: "-") {
                position += 1
            }
            guard digits(bytes, &position) > 0 else { return nil }
        }
        return .number
    }

    private static func digits(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> Int {
        let start = position
        while position < bytes.count, bytes[position] &- 0x30 <= 9 { position += 1 }
        return position - start
    }
}

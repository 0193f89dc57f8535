/// Reads what stands between the quotes of a JSON string, escapes resolved.
enum JSONText {
    /// Writes the text of `bytes` into `output`.
    ///
    /// - Returns: How many bytes were written; nil for an escape that JSON does not know, half a surrogate pair, or a
    ///   text that does not fit.
    static func decode(_ bytes: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer) -> Int? {
        var position = 0
        var written = 0
        while position < bytes.count {
            var scalar = UInt32(bytes[position])
            position += 1
            if scalar == 0x5C {
                guard let escaped = escape(bytes, &position) else { return nil }
                scalar = escaped
            } else {
                guard append(UInt8(scalar), output, &written) else { return nil }
                continue
            }
            guard let unicode = Unicode.Scalar(scalar) else { return nil }
            for unit in UTF8.encode(unicode) ?? UTF8.encodedReplacementCharacter {
                guard append(unit, output, &written) else { return nil }
            }
        }
        return written
    }

    /// The text of `bytes`, of at most `bytes.count` bytes; nil where `decode` gives nil.
    static func string(_ bytes: UnsafeRawBufferPointer) -> String? {
        withUnsafeTemporaryAllocation(byteCount: max(1, bytes.count), alignment: 1) { output in
            guard let count = decode(bytes, into: output) else { return nil }
            return String(decoding: output[..<count], as: UTF8.self)
        }
    }

    /// Whether JSON knows the escape whose backslash is at `position`; half a surrogate pair is grammar too.
    static func isEscape(_ bytes: UnsafeRawBufferPointer, at position: Int) -> Bool {
        guard position + 1 < bytes.count else { return false }
        switch bytes[position + 1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
            UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
            return true
        case UInt8(ascii: "u"):
            var digits = position + 2
            return unit(bytes, &digits) != nil
        default:
            return false
        }
    }

    private static func append(_ byte: UInt8, _ output: UnsafeMutableRawBufferPointer, _ written: inout Int) -> Bool {
        guard written < output.count else { return false }
        output[written] = byte
        written += 1
        return true
    }

    private static func escape(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> UInt32? {
        guard position < bytes.count else { return nil }
        let letter = bytes[position]
        position += 1
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return UInt32(letter)
        case UInt8(ascii: "b"): return 0x08
        case UInt8(ascii: "f"): return 0x0C
        case UInt8(ascii: "n"): return 0x0A
        case UInt8(ascii: "r"): return 0x0D
        case UInt8(ascii: "t"): return 0x09
        case UInt8(ascii: "u"): break
        default: return nil
        }
        guard let first = unit(bytes, &position) else { return nil }
        guard (0xD800...0xDBFF).contains(first) else { return first }
        guard position + 1 < bytes.count, bytes[position] == 0x5C, bytes[position + 1] == UInt8(ascii: "u") else {
            return nil
        }
        position += 2
        guard let second = unit(bytes, &position), (0xDC00...0xDFFF).contains(second) else { return nil }
        return 0x10000 + (first - 0xD800) << 10 + (second - 0xDC00)
    }

    private static func unit(_ bytes: UnsafeRawBufferPointer, _ position: inout Int) -> UInt32? {
        guard position + 4 <= bytes.count else { return nil }
        var value: UInt32 = 0
        for byte in bytes[position..<(position + 4)] {
            let digit: UInt8
            switch byte {
            case 0x30...0x39: digit = byte - 0x30
            case 0x41...0x46: digit = byte - 0x41 + 10
            case 0x61...0x66: digit = byte - 0x61 + 10
            default: return nil
            }
            value = value << 4 | UInt32(digit)
        }
        position += 4
        return value
    }
}

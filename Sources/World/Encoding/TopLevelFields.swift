/// The fields of a JSON object's top level, found by walking it once; slow, and only used when a corpus is loaded.
struct TopLevelFields {
    private let bytes: [UInt8]
    private var values: [String: Range<Int>] = [:]

    /// - Returns: nil where the bytes are no JSON object.
    init?(_ bytes: [UInt8]) {
        self.bytes = bytes
        var index = 0
        Self.skipBlanks(bytes, &index)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "{") else { return nil }
        index += 1
        while true {
            Self.skipBlanks(bytes, &index)
            guard index < bytes.count else { return nil }
            if bytes[index] == UInt8(ascii: "}") { return }
            if bytes[index] == UInt8(ascii: ",") {
                index += 1
                continue
            }
            guard let name = Self.skipValue(bytes, &index) else { return nil }
            Self.skipBlanks(bytes, &index)
            guard index < bytes.count, bytes[index] == UInt8(ascii: ":") else { return nil }
            index += 1
            Self.skipBlanks(bytes, &index)
            guard let value = Self.skipValue(bytes, &index) else { return nil }
            values[String(decoding: bytes[name].dropFirst().dropLast(), as: UTF8.self)] = value
        }
    }

    /// The content of a text, escapes as they stand; nil where there is none of that name.
    func text(_ name: String) -> String? {
        guard let range = values[name], bytes[range.lowerBound] == UInt8(ascii: "\"") else { return nil }
        return String(decoding: bytes[range].dropFirst().dropLast(), as: UTF8.self)
    }

    /// The bytes of an object; nil where there is none of that name.
    func object(_ name: String) -> [UInt8]? {
        guard let range = values[name], bytes[range.lowerBound] == UInt8(ascii: "{") else { return nil }
        return Array(bytes[range])
    }

    private static func skipBlanks(_ bytes: [UInt8], _ index: inout Int) {
        while index < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[index]) { index += 1 }
    }

    /// Moves behind a value of any kind and returns where it stood.
    private static func skipValue(_ bytes: [UInt8], _ index: inout Int) -> Range<Int>? {
        let start = index
        var depth = 0
        repeat {
            guard index < bytes.count else { return nil }
            switch bytes[index] {
            case UInt8(ascii: "\""):
                index += 1
                while index < bytes.count, bytes[index] != UInt8(ascii: "\"") {
                    index += bytes[index] == UInt8(ascii: "\\") ? 2 : 1
                }
                index += 1
            case UInt8(ascii: "{"), UInt8(ascii: "["):
                depth += 1
                index += 1
            case UInt8(ascii: "}"), UInt8(ascii: "]"):
                depth -= 1
                index += 1
            case UInt8(ascii: ","), UInt8(ascii: ":"), 0x20, 0x09, 0x0A, 0x0D:
                guard depth > 0 else { return nil }
                index += 1
            default:
                while index < bytes.count, !Array(",]}: \t\r\n".utf8).contains(bytes[index]) { index += 1 }
            }
        } while depth > 0
        guard index > start, index <= bytes.count else { return nil }
        return start..<index
    }
}

/// A whole JSON parser, strict and slow, that shares no code with the scanner.
public struct ReferenceParser {
    /// A value, with the names of objects in order and repeated where they are repeated.
    public indirect enum Value {
        case null
        case boolean(Bool)
        case number([UInt8])
        case string([UInt8])
        case array([Value])
        case object([(name: [UInt8], value: Value)])
    }

    /// Why bytes are no JSON.
    public enum Defect: Error, Equatable {
        /// Bytes that are no UTF-8, or a control character that JSON allows nowhere.
        case bytes
        /// The grammar is broken inside so many objects and arrays.
        case grammar(depth: Int)
        /// Deeper than `depthMax`, where nothing more is claimed.
        case tooDeep
    }

    /// Deeper lines are not judged.
    public static let depthMax = 200

    private let bytes: [UInt8]
    private var position = 0
    private var depth = 0

    /// Reads a whole line.
    public static func parse(_ bytes: [UInt8]) throws(Defect) -> Value {
        guard String(validating: bytes, as: UTF8.self) != nil else { throw .bytes }
        var parser = ReferenceParser(bytes: bytes)
        let value = try parser.value()
        parser.skipSpace()
        guard parser.position == bytes.count else { throw .grammar(depth: 0) }
        return value
    }

    private init(bytes: [UInt8]) {
        self.bytes = bytes
    }

    private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

    private func broken() -> Defect { .grammar(depth: depth) }

    private mutating func skipSpace() {
        while let byte = next, [0x20, 0x09, 0x0A, 0x0D].contains(byte) { position += 1 }
    }

    private mutating func take(_ byte: Character) -> Bool {
        guard next == byte.asciiValue else { return false }
        position += 1
        return true
    }

    private mutating func value() throws(Defect) -> Value {
        skipSpace()
        switch next.map({ Character(Unicode.Scalar($0)) }) {
        case "{": return try object()
        case "[": return try array()
        case "\"": return .string(try string())
        case "t": return try word("true", .boolean(true))
        case "f": return try word("false", .boolean(false))
        case "n": return try word("null", .null)
        default: return .number(try number())
        }
    }

    private mutating func object() throws(Defect) -> Value {
        try descend()
        var fields: [(name: [UInt8], value: Value)] = []
        skipSpace()
        if !take("}") {
            repeat {
                skipSpace()
                guard next == UInt8(ascii: "\"") else { throw broken() }
                let name = try string()
                skipSpace()
                guard take(":") else { throw broken() }
                fields.append((name, try value()))
                skipSpace()
            } while take(",")
            guard take("}") else { throw broken() }
        }
        depth -= 1
        return .object(fields)
    }

    private mutating func array() throws(Defect) -> Value {
        try descend()
        var items: [Value] = []
        skipSpace()
        if !take("]") {
            repeat {
                items.append(try value())
                skipSpace()
            } while take(",")
            guard take("]") else { throw broken() }
        }
        depth -= 1
        return .array(items)
    }

    private mutating func descend() throws(Defect) {
        position += 1
        depth += 1
        if depth > Self.depthMax { throw .tooDeep }
    }

    private mutating func word(_ word: String, _ value: Value) throws(Defect) -> Value {
        guard bytes[position...].starts(with: word.utf8) else { throw broken() }
        position += word.utf8.count
        return value
    }

    private mutating func number() throws(Defect) -> [UInt8] {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return Array(bytes[start..<position])
    }

    private mutating func digits() throws(Defect) {
        let start = position
        while let byte = next, (0x30...0x39).contains(byte) { position += 1 }
        if position == start { throw broken() }
    }

    /// A string's text in UTF-8; half a surrogate pair becomes the bytes that its number would have.
    private mutating func string() throws(Defect) -> [UInt8] {
        position += 1
        var text: [UInt8] = []
        while let byte = next {
            position += 1
            switch byte {
            case UInt8(ascii: "\""): return text
            case 0..<0x20: throw .bytes
            case UInt8(ascii: "\\"): Self.append(try escape(), to: &text)
            default: text.append(byte)
            }
        }
        throw broken()
    }

    private mutating func escape() throws(Defect) -> UInt32 {
        guard let letter = next else { throw broken() }
        position += 1
        let plain: [UInt8: UInt32] = [
            0x22: 0x22, 0x5C: 0x5C, 0x2F: 0x2F, 0x62: 8, 0x66: 12, 0x6E: 10, 0x72: 13, 0x74: 9,
        ]
        if let scalar = plain[letter] { return scalar }
        guard letter == UInt8(ascii: "u") else { throw broken() }
        let unit = try hexadecimal()
        guard (0xD800...0xDBFF).contains(unit), bytes[position...].starts(with: [0x5C, 0x75]) else { return unit }
        let back = position
        position += 2
        let low = try hexadecimal()
        guard (0xDC00...0xDFFF).contains(low) else {
            position = back
            return unit
        }
        return 0x10000 + (unit - 0xD800) << 10 + (low - 0xDC00)
    }

    private mutating func hexadecimal() throws(Defect) -> UInt32 {
        let digits = bytes[position...].prefix(4)
        guard digits.count == 4, digits.allSatisfy({ Character(Unicode.Scalar($0)).isHexDigit && $0 < 0x80 }),
            let unit = UInt32(String(decoding: digits, as: UTF8.self), radix: 16)
        else { throw broken() }
        position += 4
        return unit
    }

    private static func append(_ scalar: UInt32, to text: inout [UInt8]) {
        func low(_ shift: UInt32) -> UInt8 { UInt8(0x80 | (scalar >> shift) & 0x3F) }
        switch scalar {
        case 0..<0x80: text.append(UInt8(scalar))
        case 0x80..<0x800: text += [UInt8(0xC0 | scalar >> 6), low(0)]
        case 0x800..<0x10000: text += [UInt8(0xE0 | scalar >> 12), low(6), low(0)]
        default: text += [UInt8(0xF0 | scalar >> 18), low(12), low(6), low(0)]
        }
    }
}

extension ReferenceParser.Value {
    /// The value of the one field of that name; nil for other values, and where there is none or more than one.
    func field(_ name: String) -> ReferenceParser.Value? {
        guard case .object(let fields) = self else { return nil }
        let found = fields.filter { $0.name == Array(name.utf8) }
        return found.count == 1 ? found[0].value : nil
    }

    /// Whether an object in it, itself included, has a name twice.
    var hasDuplicates: Bool {
        switch self {
        case .null, .boolean, .number, .string: false
        case .array(let items): items.contains(where: \.hasDuplicates)
        case .object(let fields):
            Set(fields.map(\.name)).count < fields.count || fields.contains { $0.value.hasDuplicates }
        }
    }
}

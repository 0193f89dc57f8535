import Tweets

/// Reads a short JSON text as a tree; for messages about the stream, never for Tweets.
struct JSONReader {
    /// How deep a message may be nested.
    static let nestingMax = 32

    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    /// The value; nil for anything that is not JSON, or is nested too deep.
    static func read(_ bytes: UnsafeRawBufferPointer) -> JSONValue? {
        var reader = JSONReader(bytes: bytes)
        guard let value = reader.value(depth: 0) else { return nil }
        reader.skipSpace()
        return reader.position == bytes.count ? value : nil
    }

    private init(bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    private mutating func value(depth: Int) -> JSONValue? {
        guard depth < Self.nestingMax else { return nil }
        skipSpace()
        guard position < bytes.count else { return nil }
        switch bytes[position] {
        case UInt8(ascii: "{"): return object(depth: depth)
        case UInt8(ascii: "["): return array(depth: depth)
        case UInt8(ascii: "\""): return string().map(JSONValue.string)
        default: return literal()
        }
    }

    private mutating func object(depth: Int) -> JSONValue? {
        var fields: [String: JSONValue] = [:]
        position += 1
        if take(UInt8(ascii: "}")) { return .object(fields) }
        repeat {
            skipSpace()
            guard position < bytes.count, bytes[position] == UInt8(ascii: "\""), let name = string(),
                take(UInt8(ascii: ":")), let value = value(depth: depth + 1)
            else { return nil }
            fields[name] = value
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "}")) ? .object(fields) : nil
    }

    private mutating func array(depth: Int) -> JSONValue? {
        var items: [JSONValue] = []
        position += 1
        if take(UInt8(ascii: "]")) { return .array(items) }
        repeat {
            guard let value = value(depth: depth + 1) else { return nil }
            items.append(value)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? .array(items) : nil
    }

    private mutating func string() -> String? {
        let start = position + 1
        position = start
        while position < bytes.count, bytes[position] != UInt8(ascii: "\"") {
            position += bytes[position] == UInt8(ascii: "\\") ? 2 : 1
        }
        guard position < bytes.count else { return nil }
        defer { position += 1 }
        return JSONText.string(UnsafeRawBufferPointer(rebasing: bytes[start..<position]))
    }

    private mutating func literal() -> JSONValue? {
        let start = position
        guard let kind = JSONLiteral.read(bytes, at: &position) else { return nil }
        let text = String(decoding: bytes[start..<position], as: UTF8.self)
        if kind == .number {
            if let integer = Int64(text) { return .integer(integer) }
            return Double(text).map(JSONValue.number)
        }
        return text == "null" ? .null : .boolean(text == "true")
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard position < bytes.count, bytes[position] == byte else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while position < bytes.count, [0x20, 0x09, 0x0D, 0x0A].contains(bytes[position]) { position += 1 }
    }
}

extension JSONValue {
    var object: [String: JSONValue]? {
        guard case .object(let fields) = self else { return nil }
        return fields
    }

    var array: [JSONValue]? {
        guard case .array(let items) = self else { return nil }
        return items
    }

    var string: String? {
        guard case .string(let text) = self else { return nil }
        return text
    }

    var integer: Int64? {
        guard case .integer(let number) = self else { return nil }
        return number
    }
}

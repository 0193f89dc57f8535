public import Tweets

/// Finds out what a line is, and the ID that it is about, by walking its structure.
///
/// No JSON tree is built and nothing is allocated. Strings, escapes and nested objects never fool it: only a field at
/// its exact place counts. The levels that it walks (the top, and below it only the objects that can hold an ID) are
/// checked as JSON, escapes included; of everything nested deeper the brackets must match. Half a surrogate pair in a text
/// is grammar, and left to the reader; it is part of no known name and of no ID. The whole line must be UTF-8 without
/// forbidden control characters. Whatever is not decided beyond doubt is `unknown` with the reason; no input traps.
public struct TweetIDScanner: ~Copyable {
    /// How deep objects and arrays may be nested; a Tweet nests less than 20 deep.
    public static let nestingMax = 1024

    private let table = MessageShapeTable()

    /// A scanner; it can be used for any number of lines.
    public init() {}

    /// What `line` is.
    ///
    /// - Parameter line: The bytes of one line without its line break.
    public func classify(_ line: UnsafeRawBufferPointer) -> StreamMessage {
        var cursor = StructuralCursor(line)
        var values = FieldValues()
        guard cursor.peek() == UInt8(ascii: "{") else {
            return .unknown(refusal(of: line))
        }
        _ = walk(.root, depth: 1, &cursor, &values)
        if cursor.failure == nil, cursor.peek() != nil { cursor.fail(.malformed) }
        if cursor.failure == nil { _ = cursor.finish() }
        if let failure = cursor.failure { return .unknown(failure) }
        return MessageDecision(line: line, values: values).message
    }

    /// The Tweet ID of a line of which only the beginning is there, if it can be told from that.
    ///
    /// - Parameter prefix: The line's first bytes.
    public func identify(prefix: UnsafeRawBufferPointer) -> TweetID? {
        var cursor = StructuralCursor(prefix)
        var values = FieldValues()
        guard cursor.peek() == UInt8(ascii: "{") else { return nil }
        _ = walk(.root, depth: 1, &cursor, &values)
        switch MessageDecision(line: prefix, values: values).message {
        case .tweet(let id), .delete(let id): return id
        case .compliance, .notice, .unknown: return nil
        }
    }

    /// Why a line that begins with no object is refused.
    private func refusal(of line: UnsafeRawBufferPointer) -> UnknownReason {
        // Bytes that no line may hold are the better reason, wherever they stand. A cursor keeps only the structure around
        // its position, so the one that has run to the end cannot walk.
        var whole = StructuralCursor(line)
        guard whole.finish() else { return whole.failure ?? .malformed }
        var cursor = StructuralCursor(line)
        guard skipValue(depth: 0, &cursor), cursor.peek() == nil else { return cursor.failure ?? .malformed }
        return .notAnObject
    }

    /// Walks the object whose opening brace is the next byte; it calls itself no deeper than the table of rows is.
    private func walk(
        _ object: MessageObject,
        depth: Int,
        _ cursor: inout StructuralCursor,
        _ values: inout FieldValues
    ) -> Bool {
        cursor.position += 1
        if cursor.peek() == UInt8(ascii: "}") {
            cursor.position += 1
            return true
        }
        while true {
            guard cursor.peek() == UInt8(ascii: "\"") else {
                cursor.fail(.malformed)
                return false
            }
            guard let name = cursor.string() else { return false }
            let entry =
                cursor.stringHasEscape
                ? escapedEntry(object, cursor.bytes, name) : table.entry(object, cursor.bytes, name)
            guard cursor.expect(UInt8(ascii: ":")) else { return false }
            if let entry {
                guard take(entry, depth: depth, &cursor, &values) else { return false }
            } else {
                guard skipValue(depth: depth, &cursor) else { return false }
            }
            guard let delimiter = cursor.peek() else {
                cursor.fail(.malformed)
                return false
            }
            cursor.position += 1
            if delimiter == UInt8(ascii: "}") { return true }
            guard delimiter == UInt8(ascii: ",") else {
                cursor.fail(.malformed)
                return false
            }
            _ = cursor.peek()
        }
    }

    /// Notes the value of a deciding field, and walks it where the row says so.
    private func take(
        _ entry: UnsafePointer<MessageShapeTable.Entry>,
        depth: Int,
        _ cursor: inout StructuralCursor,
        _ values: inout FieldValues
    ) -> Bool {
        let row = entry.pointee
        let first = cursor.peek()
        let start = cursor.position
        let kind: FieldValues.Kind
        var range = start..<start
        switch first {
        case UInt8(ascii: "\""):
            guard let content = cursor.string() else { return false }
            kind = cursor.stringHasEscape ? .escapedString : .string
            range = content
        case UInt8(ascii: "{"):
            kind = .object
            if let child = row.child, depth < TweetIDScanner.nestingMax {
                guard walk(child, depth: depth + 1, &cursor, &values) else { return false }
            } else {
                guard cursor.skipContainer(depth: depth) else { return false }
            }
            range = start..<cursor.position
        case UInt8(ascii: "["):
            kind = .array
            guard cursor.skipContainer(depth: depth) else { return false }
            range = start..<cursor.position
        default:
            guard let literal = JSONLiteral.read(cursor.bytes, at: &cursor.position) else {
                cursor.fail(.malformed)
                return false
            }
            kind = literal == .number ? .number : .other
            range = start..<cursor.position
        }
        guard values.set(row.field, kind, range) else {
            cursor.fail(.duplicateKey)
            return false
        }
        if let event = row.kind, kind == .object, !values.set(event) {
            cursor.fail(.conflictingShapes)
            return false
        }
        return true
    }

    @inline(__always)
    private func skipValue(depth: Int, _ cursor: inout StructuralCursor) -> Bool {
        switch cursor.peek() {
        case UInt8(ascii: "\""):
            return cursor.string() != nil
        case UInt8(ascii: "{"), UInt8(ascii: "["):
            return cursor.skipContainer(depth: depth)
        default:
            guard JSONLiteral.read(cursor.bytes, at: &cursor.position) != nil else {
                cursor.fail(.malformed)
                return false
            }
            return true
        }
    }

    /// The row of a name that was written with escapes; half a surrogate pair is part of no known name.
    private func escapedEntry(
        _ object: MessageObject,
        _ bytes: UnsafeRawBufferPointer,
        _ name: Range<Int>
    ) -> UnsafePointer<MessageShapeTable.Entry>? {
        // The longest that a known name can become is six bytes a character.
        guard name.count <= table.nameBytesMax * 6 else { return nil }
        let raw = UnsafeRawBufferPointer(rebasing: bytes[name])
        return withUnsafeTemporaryAllocation(byteCount: table.nameBytesMax * 6 + 8, alignment: 8) { output in
            guard let count = JSONText.decode(raw, into: output) else { return nil }
            return table.entry(object, UnsafeRawBufferPointer(output), 0..<count)
        }
    }
}

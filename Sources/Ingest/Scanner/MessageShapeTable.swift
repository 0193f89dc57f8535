/// `MessageRow.all`, laid out for the scan: most names are told apart by length and first byte alone.
///
/// The memory belongs to the table and is freed with it.
struct MessageShapeTable: ~Copyable {
    /// A row as the scan needs it.
    struct Entry {
        /// The first eight bytes of the name, zero after its end.
        var prefix: UInt64
        var name: StaticString
        var field: MessageField
        var child: MessageObject?
        var kind: ComplianceKind?
    }

    private struct Node {
        var filter: UInt64 = 0
        var rows: Range<Int> = 0..<0
    }

    private let entries: UnsafeMutableBufferPointer<Entry>
    private let nodes: UnsafeMutableBufferPointer<Node>
    /// The longest name, in bytes.
    let nameBytesMax: Int

    init() {
        let rows = MessageRow.all
        entries = .allocate(capacity: rows.count)
        nodes = .allocate(capacity: MessageObject.allCases.count)
        nodes.initialize(repeating: Node())
        var next = 0
        for object in MessageObject.allCases {
            let start = next
            for row in rows where row.parent == object {
                let name = UnsafeRawBufferPointer(start: row.name.utf8Start, count: row.name.utf8CodeUnitCount)
                entries.initializeElement(
                    at: next,
                    to: Entry(
                        prefix: Self.prefix(name, 0..<name.count),
                        name: row.name,
                        field: row.field,
                        child: row.child,
                        kind: row.kind
                    )
                )
                nodes[Int(object.rawValue)].filter |= Self.filterBit(name[0], name.count)
                next += 1
            }
            nodes[Int(object.rawValue)].rows = start..<next
        }
        nameBytesMax = rows.map(\.name.utf8CodeUnitCount).max() ?? 0
    }

    deinit {
        entries.deallocate()
        nodes.deallocate()
    }

    /// The row of a name in an object; nil where the name decides nothing there.
    @inline(__always)
    func entry(
        _ object: MessageObject,
        _ bytes: UnsafeRawBufferPointer,
        _ name: Range<Int>
    ) -> UnsafePointer<Entry>? {
        guard !name.isEmpty, let base = entries.baseAddress else { return nil }
        let node = nodes[Int(object.rawValue)]
        guard node.filter & Self.filterBit(bytes[name.lowerBound], name.count) != 0 else { return nil }
        let prefix = Self.prefix(bytes, name)
        for row in node.rows where entries[row].prefix == prefix {
            let candidate = entries[row].name
            guard candidate.utf8CodeUnitCount == name.count else { continue }
            var offset = 8
            while offset < name.count, bytes[name.lowerBound + offset] == candidate.utf8Start[offset] { offset += 1 }
            if offset >= name.count { return UnsafePointer(base + row) }
        }
        return nil
    }

    @inline(__always)
    private static func filterBit(_ first: UInt8, _ count: Int) -> UInt64 {
        1 << UInt64((Int(first) &+ count &* 7) & 63)
    }

    @inline(__always)
    private static func prefix(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> UInt64 {
        let count = min(name.count, 8)
        if name.lowerBound + 8 <= bytes.count {
            let word = bytes.loadUnaligned(fromByteOffset: name.lowerBound, as: UInt64.self)
            return UInt64(littleEndian: word) & (~0 >> UInt64(64 - 8 * count))
        }
        var word: UInt64 = 0
        for offset in 0..<count { word |= UInt64(bytes[name.lowerBound + offset]) << UInt64(8 * offset) }
        return word
    }
}

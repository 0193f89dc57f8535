/// `MessageRow.all`, laid out for the scan: a name that decides nothing is nearly always told by one look-up.
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
        /// The next entry of the same bucket, counted from 1; 0 ends it.
        var next: UInt8
    }

    private static let bucketsPerObject = 256

    private let entries: UnsafeMutableBufferPointer<Entry>
    /// For each object its buckets: the first entry, counted from 1; 0 is none.
    private let buckets: UnsafeMutableBufferPointer<UInt8>
    /// The longest name, in bytes.
    let nameBytesMax: Int

    init() {
        let rows = MessageRow.all
        precondition(rows.count < 255, "\(rows.count) rows")
        entries = .allocate(capacity: rows.count)
        buckets = .allocate(capacity: MessageObject.allCases.count * Self.bucketsPerObject)
        buckets.initialize(repeating: 0)
        for (number, row) in rows.enumerated() {
            let name = UnsafeRawBufferPointer(start: row.name.utf8Start, count: row.name.utf8CodeUnitCount)
            let prefix = Self.prefix(name, 0..<name.count)
            let bucket = Self.bucket(row.parent, prefix, name.count)
            entries.initializeElement(
                at: number,
                to: Entry(
                    prefix: prefix,
                    name: row.name,
                    field: row.field,
                    child: row.child,
                    kind: row.kind,
                    next: buckets[bucket]
                )
            )
            buckets[bucket] = UInt8(number + 1)
        }
        nameBytesMax = rows.map(\.name.utf8CodeUnitCount).max() ?? 0
    }

    deinit {
        entries.deallocate()
        buckets.deallocate()
    }

    /// The row of a name in an object; nil where the name decides nothing there.
    @inline(__always)
    func entry(
        _ object: MessageObject,
        _ bytes: UnsafeRawBufferPointer,
        _ name: Range<Int>
    ) -> UnsafePointer<Entry>? {
        let prefix = Self.prefix(bytes, name)
        let first = buckets[Self.bucket(object, prefix, name.count)]
        return first == 0 ? nil : entry(from: first, prefix, bytes, name)
    }

    private func entry(
        from first: UInt8,
        _ prefix: UInt64,
        _ bytes: UnsafeRawBufferPointer,
        _ name: Range<Int>
    ) -> UnsafePointer<Entry>? {
        guard let base = entries.baseAddress else { return nil }
        var number = first
        while number != 0 {
            let candidate = base + Int(number - 1)
            number = candidate.pointee.next
            let known = candidate.pointee.name
            guard candidate.pointee.prefix == prefix, known.utf8CodeUnitCount == name.count else { continue }
            var offset = 8
            while offset < name.count, bytes[name.lowerBound + offset] == known.utf8Start[offset] { offset += 1 }
            if offset >= name.count { return UnsafePointer(candidate) }
        }
        return nil
    }

    /// Fibonacci hashing: the top bits of the product depend on all of the name's bytes.
    @inline(__always)
    private static func bucket(_ object: MessageObject, _ prefix: UInt64, _ count: Int) -> Int {
        let mixed = (prefix ^ UInt64(truncatingIfNeeded: count)) &* 0x9E37_79B9_7F4A_7C15
        return Int(object.rawValue) &* bucketsPerObject &+ Int(truncatingIfNeeded: mixed >> 56)
    }

    @inline(__always)
    private static func prefix(_ bytes: UnsafeRawBufferPointer, _ name: Range<Int>) -> UInt64 {
        guard !name.isEmpty else { return 0 }
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

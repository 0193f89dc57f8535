/// The hashed part of a bucket: one table while it is small, then one for each 2¹⁴ ms (16 s) of event time.
///
/// Copies of a Tweet come within seconds of each other, so the table that is looked at stays in the processor's cache;
/// and since each table grows by itself, no insert ever moves a whole bucket.
struct FreshPart: Sendable {
    private var tables: [HashedTable] = []
    private(set) var count = 0

    private static let splitAt = 4096
    private static let tableCount = 64
    private static let shift: UInt64 = SeenEntry.keyBits - 6

    init() {}

    /// Memory in bytes, the tables included.
    var bytes: Int {
        guard !tables.isEmpty else { return 0 }
        return tables.reduce(tables.capacity * MemoryLayout<HashedTable>.stride + 32) { $0 + $1.bytes }
    }

    /// The entry of a key, unknown where there is none.
    @inline(__always)
    func entry(of key: UInt64) -> SeenEntry {
        guard count > 0 else { return SeenEntry(word: 0) }
        return tables[index(of: key)].entry(of: key)
    }

    /// Puts an entry in the place of the one with the same key, or adds it.
    @inline(__always)
    mutating func set(_ entry: SeenEntry) {
        if tables.isEmpty || (count == Self.splitAt && tables.count == 1) { divide() }
        if tables[index(of: entry.key)].set(entry) { count &+= 1 }
    }

    /// Takes a key out.
    mutating func remove(_ key: UInt64) {
        guard count > 0 else { return }
        if tables[index(of: key)].remove(key) { count -= 1 }
    }

    /// How many lists ``marks(ofTable:)`` has, which follow each other in the order of the keys.
    var tablesCount: Int { tables.count }

    /// How many entries a table has.
    func count(ofTable table: Int) -> Int { tables[table].count }

    /// A table's entries, in no order.
    @inline(__always)
    func visitAll(ofTable table: Int, _ visit: (SeenEntry) -> Void) {
        tables[table].visitAll(visit)
    }

    /// A table's keys, sorted, each shifted up with its deleted mark in the lowest bit.
    func marks(ofTable table: Int) -> [UInt64] {
        var marks: [UInt64] = []
        marks.reserveCapacity(tables[table].count)
        tables[table].visitAll { marks.append($0.mark) }
        RadixSort.sort(&marks)
        return marks
    }

    /// How many places a search for a key looks at.
    func probes(for key: UInt64) -> Int {
        count == 0 ? 0 : tables[index(of: key)].probes(for: key)
    }

    @inline(__always)
    private func index(of key: UInt64) -> Int {
        tables.count == 1 ? 0 : Int(truncatingIfNeeded: key &>> Self.shift)
    }

    @inline(never)
    private mutating func divide() {
        guard let whole = tables.first else {
            tables = [HashedTable()]
            return
        }
        tables = [HashedTable](repeating: HashedTable(), count: Self.tableCount)
        whole.visitAll { entry in _ = tables[index(of: entry.key)].set(entry) }
    }
}

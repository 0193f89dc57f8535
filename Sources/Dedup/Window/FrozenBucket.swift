/// An old bucket: sorted IDs in Elias–Fano form, which is within half a bit an ID of the least that can be.
///
/// Each ID is numbered by ``SnowflakeFields`` (small buckets: by the key itself). The low bits are packed; the high
/// bits are a bitmap with a one for each ID and a zero at the end of each group of equal high bits, and every 128th
/// group's start is noted, so that a look-up touches three places.
struct FrozenBucket: Sendable {
    let count: Int
    private let fields: SnowflakeFields?
    private let first: UInt64
    private let last: UInt64
    private var lows: PackedNumbers
    private var highs: [UInt64]
    private var starts: [UInt32]
    private var deleted: [UInt64]

    private static let groupsAStart: UInt64 = 128
    /// Below this the ranks of the fields cost more than they save.
    private static let fieldsMin = 4096

    /// Freezes entries sorted by key, each key once.
    init(bucket: UInt64, entries: [SeenEntry]) {
        precondition(entries.count < Int(UInt32.max) / 4, "a bucket of \(entries.count) IDs")
        count = entries.count
        let fields =
            entries.count < Self.fieldsMin ? nil : SnowflakeFields(bucket: bucket, keys: entries.lazy.map(\.key))
        self.fields = fields
        let number: (SeenEntry) -> UInt64 = { entry in fields?.number(of: entry.key) ?? entry.key }
        let first = entries.first.map(number) ?? 0
        let last = entries.last.map(number) ?? 0
        self.first = first
        self.last = last
        let span = last - first + 1
        let width = span / UInt64(max(1, entries.count)) < 2 ? 0 : (span / UInt64(entries.count)).log2
        let groups = (last - first) >> UInt64(width) + 1
        lows = PackedNumbers(width: width, count: entries.count)
        highs = [UInt64](repeating: 0, count: (entries.count + Int(groups) + 63) / 64 + 1)
        starts = []
        starts.reserveCapacity(Int(groups / Self.groupsAStart) + 1)
        starts.append(0)
        deleted = entries.contains(where: \.isDeleted) ? [UInt64](repeating: 0, count: (entries.count + 63) / 64) : []
        var group: UInt64 = 0
        var position = 0
        for (rank, entry) in entries.enumerated() {
            let value = number(entry) - first
            lows.append(value & (1 << UInt64(width) - 1))
            while group < value >> UInt64(width) {
                position += 1
                group += 1
                if group % Self.groupsAStart == 0 { starts.append(UInt32(position)) }
            }
            highs[position >> 6] |= 1 << UInt64(position & 63)
            position += 1
            if entry.isDeleted { deleted[rank >> 6] |= 1 << UInt64(rank & 63) }
        }
    }

    /// Memory in bytes: all arrays with their headers.
    var bytes: Int {
        let arrays = highs.capacity * 8 + starts.capacity * 4 + deleted.capacity * 8 + 96
        return count == 0 ? 0 : arrays + lows.bytes + (fields?.bytes ?? 0)
    }

    /// The entry of a key, unknown where there is none.
    func entry(of key: UInt64) -> SeenEntry {
        guard count > 0, let number = fields == nil ? key : fields?.number(of: key), number >= first, number <= last
        else { return SeenEntry(word: 0) }
        let value = number &- first
        let group = value &>> UInt64(truncatingIfNeeded: lows.width)
        let low = value & (1 &<< UInt64(truncatingIfNeeded: lows.width) &- 1)
        let start = start(of: group)
        let end = end(from: start)
        var from = start &- Int(truncatingIfNeeded: group)
        var to = end &- Int(truncatingIfNeeded: group)
        while from < to {
            let middle = (from &+ to) / 2
            let candidate = lows[middle]
            if candidate == low { return SeenEntry(id: key, isDeleted: isDeleted(rank: middle)) }
            if candidate < low { from = middle &+ 1 } else { to = middle }
        }
        return SeenEntry(word: 0)
    }

    /// All entries, sorted by key.
    var sorted: [SeenEntry] {
        var entries: [SeenEntry] = []
        entries.reserveCapacity(count)
        let decode = fields?.decoder() ?? { $0 }
        var group: UInt64 = 0
        var position = 0
        while entries.count < count {
            if highs[position >> 6] >> UInt64(position & 63) & 1 == 1 {
                let rank = entries.count
                let number = first + (group << UInt64(lows.width) | lows[rank])
                entries.append(SeenEntry(id: decode(number), isDeleted: isDeleted(rank: rank)))
            } else {
                group += 1
            }
            position += 1
        }
        return entries
    }

    private func isDeleted(rank: Int) -> Bool {
        !deleted.isEmpty && deleted[rank >> 6] >> UInt64(rank & 63) & 1 == 1
    }

    /// The position in `highs` at which a group begins: behind as many zeros as there are groups before it.
    @inline(__always)
    private func start(of group: UInt64) -> Int {
        var position = Int(starts[Int(truncatingIfNeeded: group / Self.groupsAStart)])
        var zeros = Int(truncatingIfNeeded: group % Self.groupsAStart)
        guard zeros > 0 else { return position }
        var index = position >> 6
        var word = ~highs[index] & (~0 &<< UInt64(truncatingIfNeeded: position & 63))
        while true {
            let here = word.nonzeroBitCount
            if here >= zeros { break }
            zeros &-= here
            index &+= 1
            word = ~highs[index]
        }
        while zeros > 1 {
            word &= word &- 1
            zeros &-= 1
        }
        position = index &* 64 &+ word.trailingZeroBitCount
        return position &+ 1
    }

    /// The position of the first zero from a position on.
    @inline(__always)
    private func end(from position: Int) -> Int {
        var index = position >> 6
        var word = ~highs[index] & (~0 &<< UInt64(truncatingIfNeeded: position & 63))
        while word == 0 {
            index &+= 1
            word = ~highs[index]
        }
        return index &* 64 &+ word.trailingZeroBitCount
    }
}

extension UInt64 {
    /// The position of the highest bit; of 0 there is none.
    fileprivate var log2: Int { 63 - leadingZeroBitCount }
}

/// Entries in a flat array by open addressing with linear probing, at most four fifths full.
///
/// 10 to 15 bytes an ID. Any capacity will do, since the place comes by a multiplication and not by a mask; so it can
/// grow by half instead of by doubling, and moves its entries in the order of memory when it does.
struct HashedTable: Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    private static let capacityMin = 8

    init() {}

    /// A table with room for so many entries.
    init(room: Int) {
        guard room > 0 else { return }
        words = [UInt64](repeating: 0, count: max(Self.capacityMin, room * 5 / 4 + 1))
    }

    /// Memory in bytes, the array's header included.
    var bytes: Int { words.capacity == 0 ? 0 : words.capacity * 8 + 32 }

    /// The entry of a key, unknown where there is none.
    @inline(__always)
    func entry(of key: UInt64) -> SeenEntry {
        guard count > 0 else { return SeenEntry(word: 0) }
        let words = self.words.span
        var index = Self.home(of: key, in: words.count)
        while true {
            // The index is below the capacity at all times, and a free place ends every walk.
            let word = words[unchecked: index]
            if word & SeenEntry.keyMask == key, word != 0 { return SeenEntry(word: word) }
            if word == 0 { return SeenEntry(word: 0) }
            index &+= 1
            if index == words.count { index = 0 }
        }
    }

    /// Puts an entry in the place of the one with the same key, or adds it.
    ///
    /// - Returns: Whether it was added.
    @inline(__always)
    mutating func set(_ entry: SeenEntry) -> Bool {
        if (count &+ 1) &* 5 > words.count &* 4 { grow() }
        return place(entry.word)
    }

    @inline(__always)
    private mutating func place(_ new: UInt64) -> Bool {
        var words = self.words.mutableSpan
        let key = new & SeenEntry.keyMask
        var index = Self.home(of: key, in: words.count)
        while true {
            let word = words[unchecked: index]
            if word == 0 {
                words[unchecked: index] = new
                count &+= 1
                return true
            }
            if word & SeenEntry.keyMask == key {
                words[unchecked: index] = new
                return false
            }
            index &+= 1
            if index == words.count { index = 0 }
        }
    }

    /// Takes a key out, and moves what was pushed away by it back towards home.
    ///
    /// - Returns: Whether it was there.
    mutating func remove(_ key: UInt64) -> Bool {
        guard count > 0 else { return false }
        var hole = Self.home(of: key, in: words.count)
        while words[hole] & SeenEntry.keyMask != key || words[hole] == 0 {
            if words[hole] == 0 { return false }
            hole = following(hole)
        }
        words[hole] = 0
        count -= 1
        var next = following(hole)
        while words[next] != 0 {
            let home = Self.home(of: words[next] & SeenEntry.keyMask, in: words.count)
            // It may move into the hole unless its home lies behind the hole, in the direction of probing.
            if distance(from: home, to: next) >= distance(from: hole, to: next) {
                words[hole] = words[next]
                words[next] = 0
                hole = next
            }
            next = following(next)
        }
        return true
    }

    /// Visits all entries, in no order.
    @inline(__always)
    func visitAll(_ visit: (SeenEntry) -> Void) {
        for word in words where word != 0 { visit(SeenEntry(word: word)) }
    }

    /// How many places a search for a key looks at: what the robustness of the hash is tested by.
    func probes(for key: UInt64) -> Int {
        guard count > 0 else { return 0 }
        var index = Self.home(of: key, in: words.count)
        var probes = 1
        while words[index] != 0, words[index] & SeenEntry.keyMask != key {
            index = following(index)
            probes += 1
        }
        return probes
    }

    @inline(__always)
    private static func home(of key: UInt64, in capacity: Int) -> Int {
        // Two rounds of multiplication let every bit of the key reach the high bits, which the last one selects by.
        let hash = (key &* 0x9E37_79B9_7F4A_7C15)
        let mixed = (hash ^ hash &>> 29) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: mixed.multipliedFullWidth(by: UInt64(truncatingIfNeeded: capacity)).high)
    }

    private func following(_ index: Int) -> Int {
        let next = index + 1
        return next == words.count ? 0 : next
    }

    private func distance(from: Int, to: Int) -> Int {
        to >= from ? to - from : to - from + words.count
    }

    @inline(never)
    private mutating func grow() {
        let old = words
        words = [UInt64](repeating: 0, count: max(Self.capacityMin, old.count + old.count / 2))
        count = 0
        for word in old where word != 0 { _ = place(word) }
    }
}

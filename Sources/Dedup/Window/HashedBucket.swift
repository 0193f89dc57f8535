/// A fresh bucket: entries in a flat array by open addressing with linear probing, at most four fifths full.
///
/// 10 to 15 bytes an ID. Any capacity will do, since the place comes by a multiplication and not by a mask; so it can
/// grow by half instead of by doubling.
struct HashedBucket: Sendable {
    private var words: [UInt64] = []
    private(set) var count = 0

    private static let capacityMin = 16

    init() {}

    /// Memory in bytes, the array's header included.
    var bytes: Int { words.capacity == 0 ? 0 : words.capacity * 8 + 32 }

    /// The entry of a key, unknown where there is none.
    func entry(of key: UInt64) -> SeenEntry {
        guard count > 0 else { return SeenEntry(word: 0) }
        return SeenEntry(word: words[place(of: key)])
    }

    /// Puts an entry in the place of the one with the same key, or adds it.
    mutating func set(_ entry: SeenEntry) {
        if (count + 1) * 5 > words.count * 4 { grow() }
        let place = place(of: entry.key)
        if words[place] == 0 { count += 1 }
        words[place] = entry.word
    }

    /// Takes a key out, and moves what was pushed away by it back towards home.
    mutating func remove(_ key: UInt64) {
        guard count > 0 else { return }
        var hole = place(of: key)
        guard words[hole] != 0 else { return }
        words[hole] = 0
        count -= 1
        var next = following(hole)
        while words[next] != 0 {
            let home = self.home(of: words[next] & SeenEntry.keyMask)
            // It may move into the hole unless its home lies behind the hole, in the direction of probing.
            if distance(from: home, to: next) >= distance(from: hole, to: next) {
                words[hole] = words[next]
                words[next] = 0
                hole = next
            }
            next = following(next)
        }
    }

    /// All entries, sorted by key.
    var sorted: [SeenEntry] {
        var entries: [SeenEntry] = []
        entries.reserveCapacity(count)
        for word in words where word != 0 { entries.append(SeenEntry(word: word)) }
        entries.sort { $0.key < $1.key }
        return entries
    }

    /// Where the key is, or the free place where it belongs.
    @inline(__always)
    private func place(of key: UInt64) -> Int {
        var index = home(of: key)
        while true {
            let word = words[index]
            if word == 0 || word & SeenEntry.keyMask == key { return index }
            index = following(index)
        }
    }

    @inline(__always)
    private func home(of key: UInt64) -> Int {
        // Fibonacci hashing; the high half of the product with the capacity is the place.
        let hash = (key &* 0x9E37_79B9_7F4A_7C15)
        let mixed = (hash ^ hash >> 29) &* 0xBF58_476D_1CE4_E5B9
        return Int(truncatingIfNeeded: mixed.multipliedFullWidth(by: UInt64(words.count)).high)
    }

    @inline(__always)
    private func following(_ index: Int) -> Int {
        let next = index &+ 1
        return next == words.count ? 0 : next
    }

    private func distance(from: Int, to: Int) -> Int {
        to >= from ? to - from : to - from + words.count
    }

    private mutating func grow() {
        let old = words
        words = [UInt64](repeating: 0, count: max(Self.capacityMin, old.count + old.count / 2))
        for word in old where word != 0 { words[place(of: word & SeenEntry.keyMask)] = word }
    }
}

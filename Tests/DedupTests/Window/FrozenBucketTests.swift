import Testing

@testable import Dedup

@Suite("A frozen bucket")
struct FrozenBucketTests {
    /// Shapes that bend the coding: each makes the IDs of one bucket.
    enum Shape: String, CaseIterable {
        case sampled
        case scattered
        case oneMillisecond
        case oneMillisecondAndAnOutlier
        case consecutive
        case few
        case one
    }

    @Test("knows exactly its members, and gives them back in order", arguments: Shape.allCases, Seeds.draw(1))
    func members(shape: Shape, seed: UInt64) {
        let bucket: UInt64 = 500_000
        let keys = Self.keys(shape, bucket: bucket, seed: seed)
        var generator = SplitMix64(seed: seed &+ 1)
        let entries = keys.sorted().map { SeenEntry(id: $0, isDeleted: generator.chance(0.05)) }
        let frozen = FrozenBucket(bucket: bucket, marks: entries.map(\.mark))
        #expect(frozen.map(SeenEntry.init(mark:)) == entries, "\(shape) \(seed)")
        for entry in entries { #expect(frozen.entry(of: entry.key) == entry, "\(shape) \(seed)") }
        for _ in 0..<2000 {
            // Neighbours of members are the hardest to tell from them.
            let near =
                (entries.randomElement(using: &generator)?.key ?? 0) &+ UInt64.random(in: 1...3, using: &generator)
            let far = UInt64.random(in: 0...SeenEntry.keyMask, using: &generator)
            for key in [near & SeenEntry.keyMask, far] {
                #expect(frozen.entry(of: key).isKnown == keys.contains(key), "\(shape) \(seed) \(key)")
            }
        }
    }

    @Test("takes at most four bytes an ID of a sampled stream", arguments: [100])
    func price(rate: Int) {
        var snowflakes = Snowflakes(seed: 7)
        let bucket = snowflakes.start >> 20
        var keys: Set<UInt64> = []
        for second in 0..<1048 {
            for _ in 0..<rate {
                let id = snowflakes.id(atSecond: second)
                if id >> 42 == bucket { keys.insert(id & SeenEntry.keyMask) }
            }
        }
        let entries = keys.sorted().map { SeenEntry(id: $0, isDeleted: false) }
        let frozen = FrozenBucket(bucket: bucket, marks: entries.map(\.mark))
        let price = Double(frozen.bytes) / Double(entries.count)
        print("frozen: \(price) bytes an ID at \(rate)/s, \(entries.count) IDs")
        #expect(price < 4)
    }

    @Test("no crowd of IDs makes a look-up long")
    func crowd() {
        var snowflakes = Snowflakes(seed: 5)
        let bucket: UInt64 = 500_000
        let start = bucket << 20
        var keys: Set<UInt64> = []
        // All workers and sequences of one millisecond, and a straggler in every second: the stragglers stretch the space
        // of numbers, so that the crowd shares few groups.
        for number in 0..<UInt64(120_000) { keys.insert((start + 77) << 22 | number << 1 & 0x3F_FFFF) }
        for second in 0..<UInt64(1000) { keys.insert(snowflakes.wild(millisecond: start + second * 1003 + 90)) }
        let marks = keys.map { SeenEntry(id: $0, isDeleted: false).mark }.sorted()
        let frozen = FrozenBucket(bucket: bucket, marks: marks)
        var most = 0
        for mark in marks where mark % 7 == 0 { most = max(most, frozen.wordsRead(for: mark >> 1)) }
        #expect(most < 120, "\(most) words of the bitmap")
        #expect(most > 2, "the crowd must be one")
        for mark in marks where mark % 11 == 0 { #expect(frozen.entry(of: mark >> 1).isKnown) }
        for mark in marks.dropLast() where mark % 13 == 0 {
            let stranger = mark >> 1 + 1
            #expect(frozen.entry(of: stranger).isKnown == keys.contains(stranger | start << 22))
        }
    }

    static func keys(_ shape: Shape, bucket: UInt64, seed: UInt64) -> Set<UInt64> {
        var snowflakes = Snowflakes(seed: seed)
        snowflakes.start = bucket << 20
        let start = snowflakes.start
        var keys: Set<UInt64> = []
        let count = Int.random(in: 4500...6000, using: &snowflakes.generator)
        switch shape {
        case .sampled:
            for _ in 0..<count {
                keys.insert(snowflakes.id(atSecond: Int.random(in: 1..<1048, using: &snowflakes.generator)))
            }
        case .scattered:
            for _ in 0..<count {
                let millisecond = start + UInt64.random(in: 0..<(1 << 20), using: &snowflakes.generator)
                keys.insert(snowflakes.wild(millisecond: millisecond))
            }
        case .oneMillisecond:
            for _ in 0..<count { keys.insert(snowflakes.wild(millisecond: start + 77)) }
        case .oneMillisecondAndAnOutlier:
            for _ in 0..<count { keys.insert(snowflakes.wild(millisecond: start + 77)) }
            keys.insert(snowflakes.wild(millisecond: start + 1_000_000))
        case .consecutive:
            for number in 0..<UInt64(count) { keys.insert(start << 22 + 1000 + number) }
        case .few:
            for _ in 0..<37 { keys.insert(snowflakes.wild(millisecond: start + 5)) }
        case .one:
            keys.insert(snowflakes.wild(millisecond: start))
        }
        return Set(keys.map { $0 & SeenEntry.keyMask })
    }
}

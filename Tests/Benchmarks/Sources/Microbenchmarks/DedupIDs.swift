/// IDs as a sampled stream has them, and strangers that are like them.
struct DedupIDs {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    mutating func draw() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// The second of the snowflake clock at which streams begin: the start of a bucket.
    static let start: UInt64 = (500_000 << 20) / 1000 + 1

    /// An ID of a second: in a hundred of its milliseconds, from 80 workers, with low sequence numbers.
    mutating func id(inSecond second: UInt64) -> UInt64 {
        let millisecond = second * 1000 + draw() % 100
        return millisecond << 22 | (320 + draw() % 80) << 12 | UInt64(draw().trailingZeroBitCount & 63)
    }

    /// Distinct IDs in the order of time, so many a second.
    static func stream(count: Int, rate: Int, seed: UInt64 = 1) -> [UInt64] {
        var generator = DedupIDs(seed: seed)
        var ids: [UInt64] = []
        ids.reserveCapacity(count + rate)
        var second = start
        var one: Set<UInt64> = []
        while ids.count < count {
            one.removeAll(keepingCapacity: true)
            while one.count < rate { one.insert(generator.id(inSecond: second)) }
            ids.append(contentsOf: one.sorted())
            second += 1
        }
        ids.removeLast(ids.count - count)
        return ids
    }

    /// IDs of the same seconds as these that are not among them.
    static func strangers(to members: [UInt64], count: Int, from: Int, seed: UInt64) -> [UInt64] {
        var generator = DedupIDs(seed: seed)
        return (0..<count).map { number in
            let index = from + Int((UInt64(number) &* UInt64(members.count - from)) / UInt64(count))
            let second = (members[index] >> 22) / 1000
            while true {
                let id = generator.id(inSecond: second)
                let place = lowerBound(members, id)
                if place == members.count || members[place] != id { return id }
            }
        }
    }

    /// The place of the first member that is not less.
    static func lowerBound(_ members: [UInt64], _ id: UInt64) -> Int {
        var (from, to) = (0, members.count)
        while from < to {
            let middle = (from + to) / 2
            if members[middle] < id { from = middle + 1 } else { to = middle }
        }
        return from
    }
}

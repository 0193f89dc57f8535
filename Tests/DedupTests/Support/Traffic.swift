import Tweets

@testable import Dedup

/// Records of raw as two connections, backfills, recoveries, deletes and bad clocks would make them.
struct Traffic {
    var generator: SplitMix64
    private var snowflakes: Snowflakes
    private var second = 0
    private var recent: [UInt64] = []

    /// Seconds of event time that pass a record, as a chance.
    var pace = 0.2

    init(seed: UInt64) {
        generator = SplitMix64(seed: seed)
        snowflakes = Snowflakes(seed: seed &+ 1)
    }

    /// The present moment of the traffic.
    var now: Instant {
        Instant(milliseconds: Int64(snowflakes.start) + Int64(second) * 1000 + TweetID.snowflakeEpoch)
    }

    mutating func next() -> RawRecord {
        if generator.chance(pace) { second += Int.random(in: 1...5, using: &generator) }
        let id: UInt64
        let draw = Double.random(in: 0..<1, using: &generator)
        switch draw {
        case ..<0.5 where !recent.isEmpty: id = recent.randomElement(using: &generator) ?? 1
        case ..<0.9: id = snowflakes.id(atSecond: max(0, second - Int.random(in: 0..<20, using: &generator)))
        case ..<0.97: id = snowflakes.id(atSecond: second - Int.random(in: 0..<20_000, using: &generator))
        case ..<0.98: id = UInt64.random(in: 1...TweetID.firstSnowflake, using: &generator)
        default: id = snowflakes.id(atSecond: second + Int.random(in: 0..<2000, using: &generator))
        }
        recent.append(id)
        if recent.count > 400 { recent.removeFirst(200) }
        let source = CopySource.allCases.randomElement(using: &generator) ?? .live
        let isDelete = generator.chance(0.15)
        let isOwn = isDelete && generator.chance(0.2)
        let connection: UInt8 = source == .recovery ? 0 : 1 << UInt8.random(in: 0..<2, using: &generator)
        return RawRecord(
            id: TweetID(id) ?? TweetID(earliestAt: now),
            isDelete: isDelete,
            received: now + .milliseconds(Int64.random(in: 0..<4000, using: &generator)),
            origin: CopyOrigin(
                source: isOwn ? nil : source,
                connection: isOwn ? 0 : connection,
                stream: Int(id >> 12 & 1) + 1,
                isOwn: isOwn
            )
        )
    }
}

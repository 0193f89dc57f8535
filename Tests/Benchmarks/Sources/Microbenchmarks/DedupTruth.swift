import Dedup
import Glibc
import Tweets

/// Decisions on tens of millions of IDs against plain sets: `Microbenchmarks --dedup-truth`.
enum DedupTruth {
    private static let count = 10_000_000

    static func run() {
        check("as they come", horizon: 28) { generator, number in
            let second = DedupIDs.start + number / 300
            return generator.id(inSecond: second - generator.draw() % 20)
        }
        check("all in one millisecond", horizon: 28) { generator, _ in
            (DedupIDs.start * 1000 + 77) << 22 | generator.draw() & 0x3F_FFFF
        }
        check("all in one bucket", horizon: 28) { generator, _ in
            (DedupIDs.start * 1000 + 5 + generator.draw() % 1_000_000) << 22 | generator.draw() & 0x3F_FFFF
        }
        check("out of order by hours", horizon: 28) { generator, number in
            let millisecond = (DedupIDs.start + 100_000) * 1000 + number * 5 - generator.draw() % 14_400_000
            return millisecond << 22 | generator.draw() & 0x3F_FFFF
        }
        check("a horizon of two hours, half of all late", horizon: 2) { generator, number in
            let millisecond = (DedupIDs.start + 100_000) * 1000 + number * 3 - generator.draw() % 14_400_000
            return millisecond << 22 | generator.draw() & 0x3F_FFFF
        }
        check("far future, before snowflakes, and ordinary", horizon: 28) { generator, number in
            let second = DedupIDs.start + number / 300
            switch number % 50 {
            case 0: return generator.id(inSecond: second + 100_000 + generator.draw() % 1_000_000)
            case 1: return 1 + generator.draw() % (TweetID.firstSnowflake - 1)
            default: return generator.id(inSecond: second)
            }
        }
    }

    /// Each ID comes twice or more, some as deletes, before or after their Tweets; transactions are undone at times.
    private static func check(
        _ name: String,
        horizon hours: Int64,
        _ next: (inout DedupIDs, UInt64) -> UInt64
    ) {
        let timing = DedupTiming(
            horizon: .seconds(hours * 3600),
            recoveryWindow: .seconds(3600),
            deliverySlack: .seconds(120)
        )
        var generator = DedupIDs(seed: 42)
        var core = DedupCore(timing: timing)
        var truth = DedupPlainRules(horizon: hours * 3_600_000)
        var recent = [UInt64](repeating: 1 << 40, count: 100_000)
        var batch: [RawRecord] = []
        var newest: UInt64 = 0
        for number in 0..<UInt64(count) {
            let isAgain = generator.draw() % 2 == 0
            let id = isAgain ? recent[Int(generator.draw() % 100_000)] : next(&generator, number)
            recent[Int(generator.draw() % 100_000)] = id
            // Received as by a clock that the ordinary ones are behind of.
            newest = max(newest, DedupIDs.start * 1000 + number * 3)
            guard let tweet = TweetID(id) else { continue }
            batch.append(
                RawRecord(
                    id: tweet,
                    isDelete: generator.draw() % 20 == 0,
                    received: Instant(milliseconds: Int64(newest) + TweetID.snowflakeEpoch + 110_000_000),
                    origin: .unknown
                )
            )
            guard batch.count == 1000 else { continue }
            if generator.draw() % 10 == 0 {
                for record in batch { _ = core.decide(record) }
                core.undo()
            }
            for record in batch {
                let (verdict, expected) = (core.decide(record), truth.decide(record))
                guard verdict == expected else {
                    print("dedup truth, \(name), number \(number): \(verdict), not \(expected): \(record)")
                    exit(1)
                }
            }
            core.commit()
            batch.removeAll(keepingCapacity: true)
        }
        let counters = core.committed
        print("dedup truth, \(name): \(count) records decided as by plain sets; \(counters)")
        fflush(nil)
    }
}

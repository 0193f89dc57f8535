import Testing
import Tweets
import World

@testable import Dedup

@Suite("The census of a world that loses Tweets silently")
struct SilentLossTests {
    static let timing = DedupTiming(
        horizon: .seconds(28 * 3600),
        recoveryWindow: .seconds(24 * 3600),
        deliverySlack: .seconds(120)
    )
    /// On the minute.
    static let start = Instant(seconds: 1_800_000_000)
    static let minutes = 24
    /// Two of a hundred are withheld from b in these minutes of event time.
    static let withheldMinutes = 7..<10
    /// Neither connection gets anything of this one, until a recovery does.
    static let darkMinute = 4
    static let recoveredMinutes = 3..<6

    static func world(seed: UInt64) -> World {
        var options = WorldOptions()
        options.seed = seed
        options.start = start
        options.rate = 12
        return World(options)
    }

    static func minute(of id: TweetID) -> Int {
        Int(((id.createdAt ?? start) - start).milliseconds / 60_000)
    }

    static func isWithheld(_ id: TweetID) -> Bool {
        withheldMinutes.contains(minute(of: id)) && (id.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 32 % 50 == 0
    }

    /// The whole story: two connections, aborted transactions, a recovery of minutes long settled, and a take-over of one
    /// partition in the midst of it.
    struct Story {
        var bench = CensusBench(timing: SilentLossTests.timing, partitions: 3)
        /// Tweets whose delete was sent before any copy of them.
        var deletedFirst: Set<TweetID> = []
        private var sent: Set<TweetID> = []

        mutating func send(_ record: RawRecord) {
            if record.isDelete, !sent.contains(record.id) { deletedFirst.insert(record.id) }
            sent.insert(record.id)
            _ = bench.decide(record)
        }
    }

    static func play(seed: UInt64, takeOverAt: Int) -> Story {
        var generator = SplitMix64(seed: seed)
        let world = world(seed: seed)
        var story = Story()
        var feeds: [(feed: DeliveryFeed, origin: CopyOrigin, isB: Bool)] = []
        for (copy, name) in ["a", "b"].enumerated() {
            for partition in 1...world.partitionCount {
                let header = RecordHeader(connection: name, partition: partition, source: .live, session: "s")
                let feed = DeliveryFeed(
                    world: world,
                    partitions: [partition],
                    content: .tweets(deletes: true),
                    copy: copy,
                    from: start
                )
                feeds.append((feed, story.bench.origin(header), name == "b"))
            }
        }
        let job = story.bench.origin(
            RecordHeader(connection: "", partition: 0, source: .recovery, session: "", job: "j1")
        )
        let range = EventInterval(
            from: start + .seconds(recoveredMinutes.lowerBound * 60),
            to: start + .seconds(recoveredMinutes.upperBound * 60)
        )
        var recovery = RecoveryFeed(world: world, partitions: [1, 2], interval: range, deletedBy: nil)
        for second in 1...minutes * 60 {
            let now = start + .seconds(second)
            var records: [RawRecord] = []
            for index in feeds.indices {
                while let delivery = feeds[index].feed.next(dueBy: now) {
                    let isLost =
                        minute(of: delivery.id) == darkMinute || (feeds[index].isB && isWithheld(delivery.id))
                    if delivery.content == .tweet, isLost { continue }
                    records.append(
                        RawRecord(
                            id: delivery.id,
                            isDelete: delivery.content == .delete,
                            received: Instant(milliseconds: delivery.arrival),
                            origin: feeds[index].origin
                        )
                    )
                }
            }
            if second > 20 * 60 {
                // Three times as fast as life, long after the minutes have settled.
                let through = range.from + .seconds((second - 20 * 60) * 3)
                while let id = recovery.next(createdBefore: through) {
                    records.append(RawRecord(id: id, isDelete: false, received: now, origin: job))
                }
            }
            if generator.chance(second > 20 * 60 ? 0.6 : 0.1) {
                for record in records.prefix(Int.random(in: 0...records.count, using: &generator)) {
                    _ = story.bench.decide(record)
                }
                story.bench.undo()
            }
            for record in records { story.send(record) }
            story.bench.commit()
            if second == takeOverAt { story.bench.takeOver(1) }
        }
        return story
    }

    @Test(
        "tells to the Tweet what each connection delivered, and so finds the loss to the minute",
        arguments: Seeds.draw(1)
    )
    func silentLoss(seed: UInt64) throws {
        let world = Self.world(seed: seed)
        let story = Self.play(seed: seed, takeOverAt: 0)
        let deliveries = story.bench.control.values.filter { $0.part == nil }
        #expect(deliveries.allSatisfy { $0.valid })
        var found: Set<Int> = []
        var checked = 0
        // Of the last minutes not all has settled.
        for minute in 0..<Self.minutes - 12 where minute != Self.darkMinute {
            let from = Self.start + .seconds(minute * 60)
            for stream in 1...world.partitionCount {
                let truth = world.tweets(in: EventInterval(from: from, to: from + .seconds(60)), partition: stream)
                // What was deleted before a copy came was never emitted, and is not counted.
                let counted = truth.filter { !story.deletedFirst.contains($0) }
                let withheld = counted.filter(Self.isWithheld)
                let rows = deliveries.filter { $0.minute == from }.flatMap(\.rows).filter { $0.stream == stream }
                var sum: [String: Int] = [:]
                for row in rows { sum.merge(row.byConnections, uniquingKeysWith: +) }
                var expected = ["a+b": counted.count - withheld.count]
                if !withheld.isEmpty { expected["a"] = withheld.count }
                #expect(sum == expected, "seed \(seed) minute \(minute) stream \(stream)")
                #expect(rows.reduce(0) { $0 + ($1.bySource["live"] ?? 0) } == counted.count, "seed \(seed)")
                if sum["a"] != nil { found.insert(minute) }
                checked += counted.count
            }
        }
        #expect(found == Set(Self.withheldMinutes), "seed \(seed)")
        #expect(checked > 5000)
    }

    @Test(
        "totals what a recovery of settled minutes brought first, also over a take-over in its midst",
        arguments: Seeds.draw(1)
    )
    func recovered(seed: UInt64) {
        let world = Self.world(seed: seed)
        let bench = Self.play(seed: seed, takeOverAt: 20 * 60 + 30).bench
        let totals = bench.control.values.filter { $0.part == .recovery }
        #expect(totals.allSatisfy { $0.valid })
        for minute in 0..<Self.minutes {
            let from = Self.start + .seconds(minute * 60)
            let sum = totals.filter { $0.minute == from }.flatMap(\.rows).reduce(0) {
                $0 + ($1.bySource["recovery"] ?? 0)
            }
            let range = EventInterval(from: from, to: from + .seconds(60))
            let truth = (1...world.partitionCount).flatMap { world.tweets(in: range, partition: $0) }
            // A Tweet whose delete came before the recovery is not emitted by it.
            let emitted = truth.filter { world.deletion(of: $0) == nil }
            #expect(sum == (minute == Self.darkMinute ? emitted.count : 0), "seed \(seed) minute \(minute)")
        }
        let mistrusted = bench.control.values.filter { $0.part == nil && !$0.valid }
        #expect(!mistrusted.isEmpty, "the minutes of the take-over")
        #expect(mistrusted.allSatisfy { $0.kafkaPartition == 1 && $0.minute <= Self.start + .seconds(20 * 60 + 30) })
        // What was published before the take-over stays as it was.
        #expect(mistrusted.allSatisfy { $0.minute > Self.start + .seconds(10 * 60) })
    }
}

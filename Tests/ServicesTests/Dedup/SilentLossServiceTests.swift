import Kafka
import KafkaTestSupport
import Operations
import Recovery
import Testing
import Tweets
import World

@testable import Services

/// From what two connections have written to raw, through the stage, to what the ledger reads out of control.
@Suite("A silent loss, from raw to the ledger", .ownThread, .timeLimit(.minutes(6)))
struct SilentLossServiceTests {
    /// On the minute, and of the present, since the tombstones that dedup adds to raw are.
    private static let start = WallClock.now().alignedDown(to: .seconds(60)) - .seconds(1800)
    private static let minutes = 24
    /// Two of a hundred are withheld from b in these minutes of event time.
    private static let withheldMinutes = 7..<10
    /// Of the minutes after these not all has settled.
    private static let settledMinutes = 0..<12

    /// What was sent, and what a census of it must say.
    private struct Story {
        var copies: [RawCopy] = []
        /// By minute and stream partition: Tweets of which a copy came before any delete, and those withheld from b.
        var both: [[Int]] = Array(repeating: [0, 0], count: SilentLossServiceTests.minutes + 1)
        var onlyA: [[Int]] = Array(repeating: [0, 0], count: SilentLossServiceTests.minutes + 1)
    }

    private static func minute(of id: TweetID) -> Int {
        Int(((id.createdAt ?? start) - start).milliseconds / 60_000)
    }

    private static func isWithheld(_ id: TweetID) -> Bool {
        withheldMinutes.contains(minute(of: id)) && (id.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 32 % 50 == 0
    }

    private static func play(_ world: World) -> Story {
        var story = Story()
        var deleted: Set<TweetID> = []
        var seen: Set<TweetID> = []
        var feeds = ["a", "b"].enumerated().flatMap { copy, name in
            (1...world.partitionCount).map { partition in
                (
                    feed: DeliveryFeed(
                        world: world,
                        partitions: [partition],
                        content: .tweets(deletes: true),
                        copy: copy,
                        from: start
                    ), name: name, partition: partition
                )
            }
        }
        for second in 1...minutes * 60 {
            for index in feeds.indices {
                while let delivery = feeds[index].feed.next(dueBy: start + .seconds(second)) {
                    let (name, partition, id) = (feeds[index].name, feeds[index].partition, delivery.id)
                    let isTweet = delivery.content == .tweet
                    if isTweet, name == "b", isWithheld(id) { continue }
                    var copy = RawCopy(id, isTweet ? "{}" : nil, received: Instant(milliseconds: delivery.arrival))
                    copy.header = "c=\(name) p=\(partition) s=live n=\(name)1"
                    story.copies.append(copy)
                    // What was deleted before any copy came is never emitted, and not counted.
                    if !isTweet { deleted.insert(id) }
                    guard isTweet, seen.insert(id).inserted, !deleted.contains(id) else { continue }
                    if isWithheld(id) {
                        story.onlyA[minute(of: id)][partition - 1] += 1
                    } else {
                        story.both[minute(of: id)][partition - 1] += 1
                    }
                }
            }
        }
        return story
    }

    @Test("2 % withheld from b for three minutes are holes of b in these three minutes, and of nobody in any other")
    func withheld() async throws {
        var options = WorldOptions()
        options.seed = Seed.fresh
        options.start = Self.start
        options.rate = 12
        let world = World(options)
        let story = Self.play(world)
        try #require(Self.withheldMinutes.allSatisfy { story.onlyA[$0].allSatisfy { $0 > 0 } })
        let rig = try DedupRig.mock()
        try rig.send(story.copies)
        let dedup = RunningDedup(rig.environment(instance: "one"))
        try await until("all is read") {
            if case .failure(let error) = dedup.outcome { throw error }
            let counts = dedup.service.view.counts
            // Each suppressed copy makes a tombstone in raw.
            return counts.values.reduce(0, +) == story.copies.count + (counts["suppressed"] ?? 0)
        }
        try await dedup.stop()
        #expect(dedup.service.view.unaccounted == 0)

        let control = try ControlPen(rig.brokers, names: rig.names).everything().values
        let records = control.compactMap {
            if case .census(let record) = $0, record.part == nil { record } else { nil }
        }
        #expect(records.allSatisfy { $0.valid }, "seed \(options.seed)")
        for minute in Self.settledMinutes {
            let from = Self.start + .seconds(minute * 60)
            for stream in 1...world.partitionCount {
                var sums: [String: Int] = [:]
                for row in records.filter({ $0.minute == from }).flatMap(\.rows) where row.stream == stream {
                    sums.merge(row.byConnections, uniquingKeysWith: +)
                }
                let expected = ["a+b": story.both[minute][stream - 1], "a": story.onlyA[minute][stream - 1]]
                #expect(sums == expected.filter { $0.value > 0 }, "seed \(options.seed) minute \(minute) \(stream)")
            }
        }
        let found = holes(control, world)
        #expect(found.map(\.count) == [2, 2], "seed \(options.seed)")
        for streams in found {
            #expect(streams["a"]?.isEmpty == true, "seed \(options.seed)")
            #expect(streams["b"] == Array(Self.withheldMinutes), "seed \(options.seed)")
        }
    }

    @Test("what was read later than compaction waits is published as not valid, however quickly it was read")
    func late() async throws {
        let rig = try DedupRig.mock()
        var environment = rig.environment(instance: "one")
        // The mock cluster does not tell its topics' settings, so the lag is that of topics create.
        let length = Duration.seconds(Self.minutes * 60)
        environment.wall = { Self.start + length + TopicPlan.rawCompactionLag - .seconds(300) }
        var copies: [RawCopy] = []
        for second in 0..<Self.minutes * 60 {
            let created = Self.start + .seconds(second)
            copies.append(RawCopy(TweetID(earliestAt: created), "{}", received: created))
        }
        try rig.send(copies)
        let dedup = RunningDedup(environment)
        try await until("all is read") {
            if case .failure(let error) = dedup.outcome { throw error }
            return dedup.service.view.counts.values.reduce(0, +) == copies.count
        }
        try await dedup.stop()
        let control = try ControlPen(rig.brokers, names: rig.names).everything().values
        let records = control.compactMap {
            if case .census(let record) = $0, record.part == nil { record } else { nil }
        }
        let minutes = Set(records.map(\.minute))
        #expect(minutes.count >= 12)
        // The last five minutes were young enough; none of them has settled.
        #expect(records.allSatisfy { !$0.valid && $0.invalidReason?.contains("compaction lag") == true })
    }

    /// For each stream partition and connection: the minutes of which the ledger does not take its word.
    private func holes(_ control: some Sequence<ControlRecord>, _ world: World) -> [[String: [Int]]] {
        let whole = EventInterval(from: Self.start, to: Self.start + .seconds(Self.minutes * 60))
        var fold = LedgerFold(timing: LedgerTiming(slack: .seconds(120)))
        var offset: Int64 = 0
        let now = MonotonicInstant(nanoseconds: 0)
        func hear(_ record: ControlRecord) {
            fold.apply(record, offset: offset, arrivedAt: now)
            offset += 1
        }
        let streams = (1...world.partitionCount).map { StreamPartition(product: .sample10, number: $0) }
        for stream in streams {
            for name in ["a", "b"] {
                var session = SessionRecord(
                    connection: name,
                    stream: stream,
                    session: "\(name)1",
                    host: "host:1",
                    serverDate: Self.start,
                    localDate: Self.start,
                    backfill: SessionRecord.Backfill(askedMinutes: 0, decided: true)
                )
                session.sequence = 1
                session.covered = whole
                hear(.session(session))
            }
        }
        for record in control { hear(record) }
        return streams.map { stream in
            (fold.coverage(of: stream, frontier: whole.to)?.byConnection ?? [:]).mapValues { claimed in
                (0..<Self.minutes).filter { minute in
                    let from = Self.start + .seconds(minute * 60)
                    let all = IntervalSet([EventInterval(from: from, to: from + .seconds(60))])
                    return claimed.intersection(all) != all
                }
            }
        }
    }
}

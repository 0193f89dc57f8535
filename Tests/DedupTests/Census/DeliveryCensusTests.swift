import Testing
import Tweets

@testable import Dedup

@Suite("The delivery census")
struct DeliveryCensusTests {
    @Test("counts each settled minute as plain bookkeeping does, aborts left out", arguments: Seeds.draw(2))
    func model(seed: UInt64) throws {
        let timing = DedupCoreTests.timing
        var traffic = Traffic(seed: seed)
        var reader = OriginReader()
        for name in ["a", "b"] {
            let header = RecordHeader(connection: name, partition: 1, source: .live, session: "s").text
            _ = Array(header.utf8).withUnsafeBytes { reader.origin(of: $0) }
        }
        var core = DedupCore(timing: timing)
        var plain = PlainDedup(timing: timing)
        var published: [Instant: CensusRecord] = [:]
        var expected: [Instant: [Int: PlainDedup.Tally]] = [:]
        for _ in 0..<600 {
            let records = (0..<Int.random(in: 1...30, using: &traffic.generator)).map { _ in traffic.next() }
            if traffic.generator.chance(0.2) {
                for record in records { _ = core.decide(record) }
                core.undo()
            }
            for record in records {
                _ = core.decide(record)
                _ = plain.decide(record)
            }
            let settled = core.censusRecords(kafkaPartition: 3, origins: reader).filter { $0.part == nil }
            core.commit()
            for record in settled where published[record.minute] == nil {
                published[record.minute] = record
                expected[record.minute] = plain.census(of: record.minute)
            }
        }
        try #require(published.count > 10)
        for (minute, record) in published {
            #expect(record.kafkaPartition == 3)
            let tallies = expected[minute] ?? [:]
            let rows = Dictionary(uniqueKeysWithValues: record.rows.map { ($0.stream, $0) })
            for (stream, tally) in tallies {
                let names: [UInt8: String] = [1: "a", 2: "b", 3: "a+b"]
                let byNames = Dictionary(uniqueKeysWithValues: tally.byConnections.map { (names[$0] ?? "?", $1) })
                let bySource = Dictionary(uniqueKeysWithValues: tally.bySource.map { ($0.name, $1) })
                #expect(rows[stream]?.byConnections == byNames, "seed \(seed) \(minute)")
                #expect(rows[stream]?.bySource == bySource, "seed \(seed) \(minute)")
            }
            let counted = record.rows.filter { !$0.bySource.isEmpty }.map(\.stream)
            #expect(Set(counted) == Set(tallies.keys), "seed \(seed) \(minute)")
        }
    }

    @Test("minutes that began before the partition was restored are published as not valid")
    func restored() throws {
        let now = Instant(seconds: 1_800_000_030)
        let minute = now.alignedDown(to: .seconds(60))
        var core = DedupCore(
            timing: DedupCoreTests.timing,
            progress: DedupProgress(streamTime: now, lateLine: now - .seconds(3600)),
            window: DedupWindow(),
            farFuture: FarFutureSet()
        )
        let live = CopyOrigin(source: .live, connection: 1, stream: 1)
        for seconds in [1, 40, 1000] {
            let created = now + .seconds(seconds)
            let id = TweetID(earliestAt: created)
            _ = core.decide(RawRecord(id: id, isDelete: false, received: created, origin: live))
        }
        let settled = core.censusRecords(kafkaPartition: 0, origins: OriginReader())
        // Of the minutes before, nothing that was counted is left; they are published all the same, so that nobody takes
        // the partition's silence for a count.
        #expect(settled.map(\.minute) == (-6...1).map { minute + .seconds($0 * 60) })
        #expect(settled.map(\.valid) == (-6...1).map { $0 == 1 })
    }
}

import Testing
import Tweets

@testable import Dedup

@Suite("A changelog made anew out of what was emitted")
struct RebuildFoldTests {
    static let timing = DedupCoreTests.timing

    @Test("gives a set that decides as the lost one would have", arguments: Seeds.draw(3))
    func equivalence(seed: UInt64) throws {
        var traffic = Traffic(seed: seed)
        var core = DedupCore(timing: Self.timing)
        var fold = RebuildFold(timing: Self.timing)
        for _ in 0..<20_000 {
            let record = traffic.next()
            switch core.decide(record) {
            case .emitted, .deleted, .deletedLate:
                fold.add(record.id, isDelete: record.isDelete, received: record.received)
            default: continue
            }
            core.commit()
        }
        var log: [[UInt8]] = []
        for record in fold.changelog(nextOffset: 777) {
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            log.append(bytes)
        }
        guard case .restored(var restored, let number, let offset, nil) = RestoreFoldTests.fold(log, committed: 777)
        else {
            Issue.record("seed \(seed): refused")
            return
        }
        #expect(number == UInt64(log.count + 1))
        #expect(offset == 777)
        #expect(restored.progress == core.progress)
        for _ in 0..<5000 {
            let record = traffic.next()
            #expect(restored.decide(record) == core.decide(record), "seed \(seed)")
        }
    }

    @Test("is a record even where nothing was emitted, and several where there is much")
    func sizes() {
        #expect(RebuildFold(timing: Self.timing).changelog(nextOffset: 5).map(\.number) == [1])
        var fold = RebuildFold(timing: Self.timing)
        let first = TweetID(earliestAt: Instant(seconds: 1_800_000_000)).rawValue
        let count = RebuildFold.idsARecordMax + 1
        for number in 0..<UInt64(count) {
            guard let id = TweetID(first + number) else { continue }
            fold.add(id, isDelete: false, received: Instant(seconds: 1_800_000_000))
        }
        let records = fold.changelog(nextOffset: 5)
        #expect(records.map(\.number) == [1, 2])
        #expect(records.map(\.entries.count) == [RebuildFold.idsARecordMax, 1])
    }

    @Test("goes on at the committed offset, else at raw's beginning, or before it where the changelog ends there")
    func inputOffset() {
        func offset(_ committed: Int64?, _ changelog: Int64?) -> Int64 {
            RebuildFold.inputOffset(committed: committed, changelog: changelog, raw: 100..<200)
        }
        #expect(offset(150, nil) == 150)
        #expect(offset(150, 180) == 150)
        #expect(offset(nil, 180) == 100)
        #expect(offset(nil, nil) == 100)
        // A loss, which a restore tells of.
        #expect(offset(50, nil) == 50)
        #expect(offset(nil, 50) == 50)
        // Raw was cut, or made anew.
        #expect(offset(200, nil) == 200)
        #expect(offset(201, nil) == 100)
    }
}

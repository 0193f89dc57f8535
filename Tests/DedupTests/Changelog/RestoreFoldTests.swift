import Testing
import Tweets

@testable import Dedup

@Suite("A restore from the changelog")
struct RestoreFoldTests {
    static let timing = DedupCoreTests.timing

    /// A core that has lived, and its changelog.
    struct Life {
        var core = DedupCore(timing: RestoreFoldTests.timing)
        var traffic: Traffic
        var log: [[UInt8]] = []
        var nextOffset: Int64 = 100

        init(seed: UInt64, transactions: Int) {
            traffic = Traffic(seed: seed)
            for _ in 0..<transactions { transaction() }
        }

        mutating func transaction() {
            for _ in 0..<Int.random(in: 1...40, using: &traffic.generator) { _ = core.decide(traffic.next()) }
            // Compaction leaves holes in offsets.
            nextOffset += Int64.random(in: 40...90, using: &traffic.generator)
            var bytes: [UInt8] = []
            core.changes(number: UInt64(log.count + 1), nextOffset: nextOffset).encode(into: &bytes)
            log.append(bytes)
            core.commit()
        }
    }

    @Test("a record with the greatest number there is spoils the restore and not the process")
    func greatestNumber() {
        let log = [UInt64.max, 7].map { number in
            var bytes: [UInt8] = []
            SeenRecord(number: number, nextOffset: 1, progress: DedupProgress()).encode(into: &bytes)
            return bytes
        }
        guard case .refused(let reason) = Self.fold(log, committed: 1) else {
            Issue.record("it was not refused")
            return
        }
        #expect(reason.contains("jumps from number 18446744073709551615 to 7"))
        #expect(Self.refusal(Self.fold(log.prefix(1), committed: 1))?.contains("ends with the greatest number") == true)
    }

    static func fold(_ log: some Sequence<[UInt8]>, committed: Int64?) -> RestoreFold.Outcome {
        var fold = RestoreFold(timing: timing)
        for (offset, bytes) in log.enumerated() {
            bytes.withUnsafeBytes { fold.add($0, offset: Int64(offset)) }
        }
        return fold.finish(committed: committed)
    }

    static func refusal(_ outcome: RestoreFold.Outcome) -> String? {
        if case .refused(let reason) = outcome { return reason }
        return nil
    }

    @Test("goes on exactly where the owner before would have", arguments: Seeds.draw(2))
    func equivalence(seed: UInt64) throws {
        var life = Life(seed: seed, transactions: 500)
        let outcome = Self.fold(life.log, committed: life.nextOffset)
        guard case .restored(var core, let number, let offset, let note) = outcome else {
            Issue.record("seed \(seed): \(outcome)")
            return
        }
        #expect(number == UInt64(life.log.count + 1))
        #expect(offset == life.nextOffset)
        #expect(note == nil)
        #expect(core.progress == life.core.progress)
        for _ in 0..<10_000 {
            let record = life.traffic.next()
            #expect(core.decide(record) == life.core.decide(record), "seed \(seed)")
        }
    }

    @Test("an empty changelog is a first start only where nothing was committed")
    func empty() {
        guard case .firstStart = Self.fold([], committed: nil) else {
            Issue.record("no first start")
            return
        }
        #expect(Self.refusal(Self.fold([], committed: 5))?.contains("changelog is empty") == true)
    }

    @Test("a changelog that was there and is gone, with the group's offsets, is no first start")
    func longAway() {
        let outcome = RestoreFold(timing: Self.timing).finish(committed: nil, oldest: 7)
        #expect(Self.refusal(outcome)?.contains("no committed offset any more") == true)
    }

    @Test("a changelog that ends before the committed offset is refused; one that is ahead is said")
    func ends() {
        let life = Life(seed: 1, transactions: 20)
        #expect(Self.refusal(Self.fold(life.log, committed: life.nextOffset + 1)) != nil)
        guard case .restored(_, _, let offset, let note) = Self.fold(life.log, committed: life.nextOffset - 1) else {
            Issue.record("refused")
            return
        }
        #expect(offset == life.nextOffset - 1)
        #expect(note?.contains("ahead") == true)
        #expect(
            Self.refusal(Self.fold(life.log, committed: .min)) == nil,
            "no offset is so far away that it ends the process"
        )
    }

    @Test("without a committed offset the changelog's own is taken")
    func noCommit() {
        let life = Life(seed: 1, transactions: 20)
        guard case .restored(_, _, let offset, let note) = Self.fold(life.log, committed: nil) else {
            Issue.record("refused")
            return
        }
        #expect(offset == life.nextOffset)
        #expect(note != nil)
    }

    @Test("a hole, a damaged record and a tombstone are refused, wherever they are", arguments: Seeds.draw(1))
    func holes(seed: UInt64) {
        let life = Life(seed: seed, transactions: 60)
        for index in stride(from: 1, to: 59, by: 5) {
            var log = life.log
            log.remove(at: index)
            #expect(Self.refusal(Self.fold(log, committed: life.nextOffset)) != nil, "without number \(index + 1)")
            log = life.log
            log[index][7] ^= 0x40
            #expect(Self.refusal(Self.fold(log, committed: life.nextOffset)) != nil, "damaged number \(index + 1)")
        }
        var fold = RestoreFold(timing: Self.timing)
        fold.add(nil, offset: 0)
        #expect(Self.refusal(fold.finish(committed: 1)) != nil)
    }

    @Test("a beginning that retention took is accepted past the late line, and only then", arguments: Seeds.draw(1))
    func retention(seed: UInt64) throws {
        var life = Life(seed: seed, transactions: 1200)
        let lateLine = try #require(life.core.progress.lateLine)
        let records = try life.log.map { try SeenRecordTests.decode($0).get() }
        let enough = try #require(records.lastIndex { ($0.progress.streamTime ?? lateLine) < lateLine })
        #expect(Self.refusal(Self.fold(life.log[(enough + 1)...], committed: life.nextOffset)) != nil)
        let outcome = Self.fold(life.log[enough...], committed: life.nextOffset)
        guard case .restored(var core, _, _, _) = outcome else {
            Issue.record("seed \(seed): \(outcome)")
            return
        }
        for _ in 0..<5000 {
            let record = life.traffic.next()
            #expect(core.decide(record) == life.core.decide(record), "seed \(seed)")
        }
    }

    @Test("number 1 begins anew, whatever stands before it")
    func rewritten() {
        let old = Life(seed: 1, transactions: 30)
        let new = Life(seed: 2, transactions: 5)
        var log = old.log
        log[10][7] ^= 1
        guard case .restored(let core, let number, _, _) = Self.fold(log + new.log, committed: new.nextOffset) else {
            Issue.record("refused")
            return
        }
        #expect(number == 6)
        #expect(core.progress == new.core.progress)
    }
}

import Recovery
import Testing
import Tweets

@Suite("The coordinator's decisions, from records to requests")
struct CoordinatorCoreTests {
    static func leading(limits: DialectLimits = .v2) -> CoordinatorBench {
        var bench = CoordinatorBench(limits: limits)
        bench.core.startLeading(at: clock(0))
        return bench
    }

    func done(_ received: Int64 = 10, newest: Int64) -> BackfillProgress {
        BackfillProgress(
            received: received,
            acknowledged: received,
            frontier: at(newest),
            newest: at(newest),
            offsets: [0: SessionRecord.Offsets(first: 100, last: 99 + received)]
        )
    }

    @Test("a double outage becomes a gap, a job, a request, and a filled and settled gap")
    func mainLine() throws {
        var bench = Self.leading()
        bench.playDoubleOutage()
        let first = bench.look(at: 1900)
        #expect(first.requests.isEmpty)
        #expect(bench.gapsInControl.map(\.state) == [.scheduled])
        #expect(bench.jobsInControl.map(\.state) == [.requested])
        let second = bench.look(at: 1901)
        #expect(second.requests.map(\.range) == [span(880, 1605)])
        #expect(second.requests.map(\.partition) == [1])
        #expect(bench.jobsInControl.map(\.state) == [.running])
        bench.look(at: 1902)
        #expect(bench.gapsInControl.map(\.state) == [.running])
        bench.end(.endedInOrder, done(newest: 1604), at: 1903)
        bench.look(at: 1903)
        #expect(bench.gapsInControl.map(\.state) == [.filled])
        #expect(bench.jobsInControl.map(\.state) == [.completed])
        bench.surroundings.committed = .offsets([0: 110])
        bench.look(at: 1904)
        #expect(bench.gapsInControl.map(\.state) == [.settled])
        for second in 1905..<1960 { bench.look(at: Int64(second)) }
        #expect(bench.asked.count == 1)
    }

    @Test(
        "the deletes of a filled gap are known only where every stream partition of compliance covered it",
        arguments: [([5, 5], GapRecord.Deletes.known), ([5, 1000], .unknown), ([], .unknown)]
    )
    func deletes(from: [Int64], expected: GapRecord.Deletes) {
        var bench = Self.leading()
        bench.playDoubleOutage()
        for (index, start) in from.enumerated() {
            let stream = StreamPartition(product: .compliance, number: index + 1)
            bench.write(.session(session("a", "c", stream: stream, date: at(start - 5), covered: span(start, 100_000))))
        }
        bench.look(at: 1900)
        bench.look(at: 1901)
        bench.end(.endedInOrder, done(newest: 1604), at: 1903)
        bench.look(at: 1903)
        let gaps = bench.gapsInControl.filter { $0.stream.product == .sample10 }
        #expect(gaps.map(\.state) == [.filled])
        #expect(gaps.map(\.deletes) == [expected])
    }

    @Test("a coordinator that stands by follows and does nothing")
    func standsBy() {
        var bench = CoordinatorBench()
        bench.playDoubleOutage()
        let turn = bench.look(at: 1900)
        #expect(turn.writes.isEmpty && turn.requests.isEmpty)
        #expect(!bench.core.isLeading)
        #expect(bench.core.coverages(now: at(1900)).map(\.missing) == [set(span(880, 1605))])
    }

    @Test("a coordinator killed during a job is followed by one that asks only for the rest")
    func killedDuringJob() {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.look(at: 1900)
        bench.look(at: 1901)
        bench.core.progressed(bench.open[0].job, done(newest: 1450), now: at(1905))
        bench.look(at: 1910)
        bench.second = 1950
        bench.replaceCoordinator()
        bench.look(at: 1951)
        #expect(bench.asked.map(\.range) == [span(880, 1605), span(1380, 1605)])
        bench.end(.endedInOrder, done(newest: 1604), at: 1960)
        bench.look(at: 1960)
        #expect(bench.gapsInControl.map(\.state) == [.filled])
        bench.replaceCoordinator()
        for second in 1970..<2000 { bench.look(at: Int64(second)) }
        #expect(bench.asked.count == 2)
        #expect(bench.gapsInControl.map(\.state) == [.filled])
    }

    @Test("a gap waits for a backfill credit that might fill it, and not when its deadline is near")
    func waitsForCredit() {
        var bench = Self.leading()
        for name in ["a", "b"] {
            bench.write(.session(session(name, "1", date: at(0), covered: span(5, 880), closed: .tcp)))
        }
        let undecided = session("a", "2", date: at(1100), covered: span(1105, 1300), asked: 5, decided: false)
        bench.second = 1420
        bench.write(.session(undecided))
        bench.look(at: 1425)
        #expect(bench.gapsInControl.map(\.state) == [.closed])
        bench.look(at: 1430)
        #expect(bench.jobsInControl.isEmpty)
        var credited = undecided
        credited.sequence = 2
        credited.backfill.decided = true
        bench.second = 1440
        bench.write(.session(credited))
        bench.look(at: 1440)
        #expect(bench.jobsInControl.count == 1)

        var urgent = Self.leading()
        for name in ["a", "b"] {
            urgent.write(.session(session(name, "1", date: at(0), covered: span(5, 880), closed: .tcp)))
        }
        let late = 880 + 86400 - 3600 as Int64
        urgent.second = late
        urgent.write(.session(undecided))
        urgent.look(at: late)
        #expect(urgent.jobsInControl.count == 1)
    }

    @Test("a dead bridge's undecided credit holds a gap back no longer than it is heard")
    func deadCredit() {
        var bench = Self.leading()
        for name in ["a", "b"] {
            bench.write(.session(session(name, "1", date: at(0), covered: span(5, 880), closed: .tcp)))
        }
        bench.second = 1390
        bench.write(.session(session("a", "2", date: at(1100), covered: span(1105, 1200), asked: 5, decided: false)))
        bench.look(at: 1400)
        #expect(bench.jobsInControl.isEmpty)
        bench.look(at: 1451)
        #expect(bench.jobsInControl.count == 1)
    }

    @Test("both stream partitions are asked for, two at once and no third")
    func concurrency() {
        var bench = Self.leading()
        bench.playDoubleOutage(stream: firstPartition)
        bench.playDoubleOutage(stream: secondPartition)
        bench.playDoubleOutage(stream: StreamPartition(product: .firehose, number: 3))
        bench.look(at: 1900)
        bench.look(at: 1901)
        #expect(bench.open.count == 2)
        bench.look(at: 1902)
        #expect(bench.open.count == 2)
        bench.end(.completed, at: 1903)
        bench.look(at: 1903)
        bench.look(at: 1904)
        #expect(bench.open.count == 2)
        #expect(Set(bench.asked.map(\.job)).count == 3)
    }

    @Test("one Replay carries the gaps of all stream partitions")
    func replayForAll() {
        var bench = Self.leading(limits: .gnip)
        bench.playDoubleOutage(stream: firstPartition)
        bench.playDoubleOutage(stream: secondPartition)
        bench.look(at: 1900)
        #expect(bench.jobsInControl.isEmpty)
        bench.look(at: 1620 + 1800)
        bench.look(at: 1620 + 1801)
        #expect(bench.asked.map(\.range) == [span(840, 1620)])
        #expect(bench.asked.map(\.partition) == [nil])
        bench.end(.completed, done(newest: 1600), at: 1620 + 1810)
        bench.look(at: 1620 + 1810)
        #expect(bench.gapsInControl.map(\.state) == [.filled, .filled])
    }

    @Test("what a job was told to have brought first stays when the census is folded away, under another leader too")
    func emittedStays() {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.look(at: 1900)
        bench.end(.completed, done(newest: 1605), at: 1910)
        let records = [(0, 7), (1, 5)].map { partition, count in
            var record = census(at(960), [:], partition: partition)
            record.part = .recovery
            record.rows = [CensusRecord.Row(stream: 1, byConnections: [:], bySource: ["recovery": count])]
            return record
        }
        for record in records { bench.write(.census(record)) }
        bench.look(at: 1920)
        #expect(bench.jobsInControl.map(\.emitted) == [12])
        for (record, second) in zip(records, [1930, 1940] as [Int64]) {
            bench.topic[record.key] = nil
            bench.core.remove(record.key, offset: bench.offset)
            bench.offset += 1
            bench.look(at: second)
            #expect(bench.jobsInControl.map(\.emitted) == [12])
        }
        bench.replaceCoordinator()
        bench.look(at: 1950)
        #expect(bench.core.jobs.map(\.emitted) == [12])
        #expect(bench.jobsInControl.map(\.emitted) == [12])
    }

    @Test("a job that the upstream calls wrong is not asked again at once, but again later")
    func givenUp() {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.look(at: 1900)
        bench.look(at: 1901)
        bench.end(.http(status: 400, detail: "bad", retryAfter: nil), at: 1902)
        bench.look(at: 1903)
        #expect(bench.gapsInControl.map(\.state) == [.closed])
        bench.look(at: 1906)
        #expect(bench.jobsInControl.count == 1)
        bench.look(at: 1907)
        #expect(bench.jobsInControl.count == 2)
    }

    @Test("a gap whose job an operator has ended is asked for again later, and a manual job is not")
    func cancelled() throws {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.look(at: 1900)
        bench.core.cancel(try #require(bench.jobsInControl.first?.id), now: at(1900))
        bench.look(at: 1901)
        #expect(bench.jobsInControl.map(\.state) == [.cancelled])
        #expect(bench.gapsInControl.map(\.state) == [.closed])
        bench.look(at: 1904)
        #expect(bench.jobsInControl.count == 1)
        bench.look(at: 1905)
        #expect(bench.jobsInControl.map(\.state) == [.cancelled, .requested])
        #expect(bench.asked.isEmpty)

        var other = Self.leading()
        other.write(.session(session("a", "1", date: at(0), covered: span(5, 200_000))))
        other.second = 3000
        let job = try #require(other.core.backfill(span(100, 1700), partition: nil, now: at(3000)).jobs.first)
        other.look(at: 3000)
        #expect(other.asked.count == 1)
        other.end(.stopped, at: 3001)
        other.core.cancel(job.id, now: at(3001))
        for second in 3001..<3400 { other.look(at: Int64(second)) }
        #expect(other.asked.count == 1)
        #expect(other.jobsInControl.map(\.state) == [.cancelled])
    }

    @Test("a job whose rest leaves the window fails, and its gap is told as lost")
    func tooLate() {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.look(at: 1900)
        bench.look(at: 1901)
        bench.end(.http(status: 503, detail: "not now", retryAfter: .seconds(90_000)), at: 1902)
        bench.look(at: 1903)
        #expect(bench.jobsInControl.map(\.state) == [.waiting])
        bench.look(at: 1902 + 90_000)
        bench.look(at: 1903 + 90_000)
        #expect(bench.jobsInControl.map(\.state) == [.failed])
        #expect(bench.jobsInControl.first?.error?.contains("has left the recovery window") == true)
        bench.look(at: 1904 + 90_000)
        #expect(bench.gapsInControl.contains { $0.state == .unrecoverable && $0.range == span(880, 1605) })
        #expect(bench.asked.count == 1)
    }

    @Test("an end offset below an acknowledged one is a loss, mapped to event time and recovered")
    func truncation() {
        var bench = Self.leading()
        bench.write(.session(session("b", "1", date: at(0), covered: span(5, 200_000))))
        for (sequence, second) in [1000, 2000, 2060, 100_000].enumerated() {
            var record = session("a", "1", sequence: Int64(sequence), date: at(0), covered: span(5, Int64(second)))
            record.offsets = [0: SessionRecord.Offsets(first: 0, last: Int64(second / 10) - 1)]
            bench.write(.session(record))
        }
        bench.surroundings.rawEnds = [0: 10_000]
        bench.look(at: 3130)
        #expect(bench.gapsInControl.isEmpty)
        for (sequence, second) in [100_060, 100_120].enumerated() {
            var record = session("a", "1", sequence: Int64(10 + sequence), date: at(0), covered: span(5, Int64(second)))
            record.offsets = [0: SessionRecord.Offsets(first: 0, last: Int64(second / 10) - 1)]
            bench.write(.session(record))
        }
        bench.surroundings.rawEnds = [0: 10_002]
        bench.look(at: 110_000)
        bench.look(at: 110_001)
        #expect(bench.gapsInControl.map(\.source).contains(.truncation))
        let gap = bench.gapsInControl.first { $0.source == .truncation }
        #expect(gap?.range == span(100_000, 100_125))
        bench.surroundings.rawEnds = [0: 10_005]
        for second in 110_002..<110_010 { bench.look(at: Int64(second)) }
        #expect(bench.topic.keys.filter { $0.kind == .loss }.count == 1)
        #expect(bench.asked.map(\.range) == [span(100_000, 100_125)])
    }

    // Where the log has grown past its former end before anybody looked, only the bridge's reports tell of the cut; and dedup,
    // which had read further, goes on in the middle of what is new.
    @Test("offsets that are given out again are a loss of what stood there and of what was written there")
    func rewritten() {
        var bench = Self.leading()
        bench.write(.session(session("b", "1", date: at(0), covered: span(5, 200_000))))
        func write(_ sequence: Int64, to second: Int64, last: Int64, rewritten: SessionRecord.Rewritten? = nil) {
            var record = session("a", "1", sequence: sequence, date: at(0), covered: span(5, second))
            record.updatedAt = at(second + 125)
            record.offsets = [0: SessionRecord.Offsets(first: 0, last: last, rewritten: rewritten)]
            bench.write(.session(record))
        }
        let told = SessionRecord.Rewritten(from: 99, through: 103)
        bench.surroundings.rawEnds = [0: 104]
        write(1, to: 900, last: 90)
        write(2, to: 1000, last: 98)
        write(3, to: 1060, last: 103)
        bench.look(at: 1190)
        #expect(bench.topic.keys.filter { $0.kind == .loss }.isEmpty)
        bench.surroundings.rawEnds = [0: 120]
        for second in 1210..<1700 {
            write(Int64(second), to: Int64(second - 125), last: 118, rewritten: told)
            bench.look(at: Int64(second))
        }
        #expect(bench.topic.keys.filter { $0.kind == .loss }.map(\.text) == ["loss:0:99-104"])
        let gap = bench.gapsInControl.first { $0.source == .truncation }
        #expect(gap?.from == at(1000))
        // What was read when it was found is not older than the finding.
        #expect(gap.map { $0.to >= at(1210) } == true)
    }

    // A bridge that stands still between an acknowledgement and its session's record is heard after the loss was mapped.
    @Test("a loss takes with it what a session tells of its offsets later")
    func lossBeforeTheSession() {
        var bench = Self.leading()
        func record(_ sequence: Int64, to second: Int64, last: Int64) -> ControlRecord {
            let offsets = [0: SessionRecord.Offsets(first: 0, last: last)]
            return .session(
                session("a", "1", sequence: sequence, date: at(0), covered: span(5, second), offsets: offsets)
            )
        }
        bench.write(record(1, to: 1000, last: 99))
        bench.write(.loss(LossRecord(kafkaPartition: 0, fromOffset: 100, toOffset: 120, foundAt: at(1130))))
        bench.look(at: 1130)
        bench.look(at: 1131)
        #expect(bench.gapsInControl.isEmpty)
        bench.second = 2130
        bench.write(record(2, to: 2000, last: 299))
        bench.look(at: 2130)
        #expect(bench.gapsInControl.map(\.source) == [.loss])
        #expect(bench.gapsInControl.first?.from == at(1000))
    }

    @Test("an operator's backfill is asked for as the dialect wants it, and fills what was missing")
    func manual() {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.second = 1850
        let jobs = bench.core.backfill(span(0, 1700), partition: nil, now: at(1850)).jobs
        #expect(jobs.map(\.range) == [span(0, 1700)])
        #expect(jobs.first?.fills == [StreamIntervals(stream: firstPartition, intervals: [span(880, 1605)])])
        bench.look(at: 1850)
        #expect(bench.asked.map(\.range) == [span(0, 1700)])
        bench.end(.completed, at: 1851)
        bench.look(at: 1852)
        #expect(bench.asked.count == 1)
        #expect(bench.core.coverages(now: at(1900)).first?.missing.isEmpty == true)
        let dead = bench.core.backfill(span(0, 1700), partition: nil, now: at(200_000))
        #expect(dead.jobs.isEmpty)
        #expect(dead.left.map(\.range) == [span(0, 1700)])
    }

    @Test("of an operator's backfill what the upstream would refuse is left out, and said with the limit")
    func manualLimits() throws {
        var bench = Self.leading(limits: .gnip)
        let nobody = bench.core.backfill(span(0, 60), partition: nil, now: at(1850))
        #expect(nobody.refusal == "no stream partition was ever read: start a bridge first")
        bench.playDoubleOutage()
        let none = bench.core.backfill(span(0, 60), partition: 7, now: at(1850))
        #expect(none.refusal == "stream partition 7 was never read; there is sample10/1")
        #expect(none.jobs.isEmpty)

        let now = 5 * 86400 + 3600 as Int64
        let wide = bench.core.backfill(span(0, now), partition: 1, now: at(now))
        #expect(wide.left.map(\.range) == [span(0, 3660), span(now - 1800, now)])
        #expect(wide.left.first?.reason.contains("older than the 5 d") == true)
        #expect(wide.left.last?.reason.contains(at(now - 1800).description) == true)
        #expect(wide.jobs.first?.from == at(3660))
        #expect(wide.jobs.last?.to == at(now - 1800))
        #expect(IntervalSet(wide.jobs.map(\.range)) == set(span(3660, now - 1800)))

        let young = bench.core.backfill(span(now - 1840, now - 1000), partition: 1, now: at(now))
        #expect(young.jobs.isEmpty)
        #expect(young.left.map(\.range) == [span(now - 1840, now - 1000)])
    }

    @Test("a held job is not asked for, and others are")
    func held() throws {
        var bench = Self.leading()
        bench.playDoubleOutage()
        bench.look(at: 1900)
        let job = try #require(bench.jobsInControl.first?.id)
        bench.core.pause(job, now: at(1900))
        bench.look(at: 1901)
        #expect(bench.asked.isEmpty)
        #expect(bench.jobsInControl.map(\.state) == [.paused])
        bench.core.resume(job, now: at(1902), clock: clock(1902))
        bench.look(at: 1902)
        #expect(bench.asked.count == 1)
    }
}

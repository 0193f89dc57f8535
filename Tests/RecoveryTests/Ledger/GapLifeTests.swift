import Recovery
import Testing
import Tweets

@Suite("The life of a gap")
struct GapLifeTests {
    static let timing = LedgerTiming(slack: .seconds(120))

    /// A ledger under hand control: records in, gaps out.
    struct Bench {
        var fold = LedgerFold(timing: GapLifeTests.timing)
        var ledger = GapLedger(gaps: [:], timing: GapLifeTests.timing)
        var offset: Int64 = 0
        var window: Duration = .seconds(86400)

        mutating func hear(_ record: ControlRecord, at second: Int64) {
            fold.apply(record, offset: offset, arrivedAt: clock(second))
            offset += 1
        }

        mutating func look(at second: Int64, ends: [Int: Int64] = [:]) -> [GapRecord] {
            let now = at(second)
            for stream in fold.streams {
                let frontier = ledger.frontier(of: stream, now: now)
                guard let coverage = fold.coverage(of: stream, frontier: frontier) else { continue }
                _ = ledger.reconcile(
                    coverage,
                    jobs: fold.jobs,
                    GapLedger.Circumstances(
                        now: now,
                        windowEdge: now - window,
                        unheard: fold.isUnheard(stream, at: clock(second)),
                        rawEnds: ends
                    )
                )
            }
            return ledger.gaps(of: firstPartition)
        }

        mutating func job(for gap: GapRecord, at second: Int64) -> JobRecord {
            let job = JobRecord(
                id: "job\(offset)",
                origin: .gap,
                product: .sample10,
                partition: 1,
                range: gap.range,
                fills: [StreamIntervals(stream: gap.stream, intervals: gap.missing)],
                knownOffset: fold.nextOffset,
                createdAt: at(second)
            )
            var assigned = job
            assigned.gaps = [gap.id]
            hear(.job(assigned), at: second)
            _ = ledger.assign(assigned, now: at(second))
            return assigned
        }
    }

    /// Connections a and b die at 1000 and come back at 1600, claiming 5 … 880 and 1605 on.
    static func doubleOutage() -> Bench {
        var bench = Bench()
        for name in ["a", "b"] {
            bench.hear(
                .session(session(name, "1", date: at(0), covered: span(5, 880), closed: .tcp)),
                at: 1000
            )
        }
        return bench
    }

    @Test("one connection down while the other is up is no gap")
    func redundancy() {
        var bench = Bench()
        bench.hear(.session(session("a", "1", date: at(0), covered: span(5, 500), closed: .tcp)), at: 620)
        bench.hear(.session(session("b", "1", date: at(0), covered: span(5, 2000))), at: 2120)
        #expect(bench.look(at: 2200).isEmpty)
        #expect(bench.fold.liveConnections(of: firstPartition, at: clock(2123)) == ["b"])
        #expect(bench.fold.liveConnections(of: firstPartition, at: clock(2124)).isEmpty)
    }

    @Test("a double outage opens a gap that grows, and closes when a session comes back")
    func opensAndCloses() throws {
        var bench = Self.doubleOutage()
        #expect(bench.look(at: 1100).isEmpty)
        let open = bench.look(at: 1300, ends: [0: 7])
        #expect(open.map(\.range) == [span(880, 1060)])
        #expect(open.map(\.state) == [.open])
        #expect(bench.look(at: 1310).map(\.range) == [span(880, 1070)])
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 1700))), at: 1820)
        let closed = bench.look(at: 1900, ends: [0: 9])
        #expect(closed.map(\.range) == [span(880, 1605)])
        #expect(closed.map(\.state) == [.closed])
        #expect(closed.first?.id == open.first?.id)
        #expect(closed.first?.rawOffsets.opened == [0: 7])
        #expect(closed.first?.rawOffsets.closed == [0: 9])
        #expect(closed.first?.source == .sessions)
    }

    @Test("a session that died without a word claims what its last record claims")
    func diedWithoutAWord() {
        var bench = Bench()
        bench.hear(.session(session("a", "1", date: at(0), covered: span(5, 880))), at: 1000)
        #expect(bench.look(at: 1400).map(\.range) == [span(880, 1160)])
    }

    @Test("a gap that backfill covers is withdrawn, and says by which connection")
    func withdrawn() {
        var bench = Self.doubleOutage()
        _ = bench.look(at: 1300)
        bench.hear(
            .session(session("b", "2", date: at(1100), covered: span(870, 1200), asked: 5)),
            at: 1320
        )
        let gaps = bench.look(at: 1330)
        #expect(gaps.map(\.state) == [.withdrawn])
        #expect(gaps.first?.reason == "covered after all, by connection b")
    }

    @Test("an undecided backfill credit is known, and one that can no longer come is not")
    func undecidedCredit() {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("b", "2", date: at(1100), asked: 5, decided: false)), at: 1101)
        #expect(bench.fold.undecidedCredit(of: firstPartition, at: clock(1110)) == set(span(805, 1105)))
        #expect(bench.fold.undecidedCredit(of: firstPartition, at: clock(1161)).isEmpty)
        bench.hear(
            .session(session("b", "2", sequence: 2, date: at(1100), asked: 5, decided: false, closed: .tcp)),
            at: 1115
        )
        #expect(bench.fold.undecidedCredit(of: firstPartition, at: clock(1116)).isEmpty)
    }

    @Test("a finished job fills the gap, and dedup's offsets settle it")
    func filledAndSettled() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 1700))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        #expect(bench.look(at: 1901).map(\.state) == [.scheduled])
        job.state = .running
        job.attempts = 1
        bench.hear(.job(job), at: 1902)
        #expect(bench.look(at: 1902).map(\.state) == [.running])
        job.state = .completed
        job.remaining = []
        job.offsets = [0: SessionRecord.Offsets(first: 10, last: 19)]
        bench.hear(.job(job), at: 1910)
        #expect(bench.look(at: 1910).map(\.state) == [.filled])

        _ = bench.ledger.settle(committed: nil, jobs: bench.fold.jobs, now: at(1911))
        #expect(bench.ledger.gaps.values.map(\.state) == [.filled])
        #expect(bench.ledger.gaps.values.first?.reason?.contains("cannot be confirmed") == true)
        _ = bench.ledger.settle(committed: [0: 19], jobs: bench.fold.jobs, now: at(1912))
        #expect(bench.ledger.gaps.values.map(\.state) == [.filled])
        _ = bench.ledger.settle(committed: [0: 20], jobs: bench.fold.jobs, now: at(1913))
        #expect(bench.ledger.gaps.values.map(\.state) == [.settled])
        #expect(bench.ledger.gaps.values.first?.reason == nil)
    }

    @Test("what a job left over is still missing, and the gap is closed again when the job was given up")
    func partlyDone() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 1700))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        job.state = .failed
        job.remaining = [span(1200, 1260)]
        bench.hear(.job(job), at: 1902)
        let gap = try #require(bench.look(at: 1903).first)
        #expect(gap.state == .closed)
        #expect(gap.missing == [span(1200, 1260)])
    }

    @Test("a job that was made before a loss was found does not fill it")
    func lossAfterJob() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 1700))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        job.state = .completed
        job.remaining = []
        job.offsets = [0: SessionRecord.Offsets(first: 10, last: 19)]
        bench.hear(.job(job), at: 1902)
        #expect(bench.look(at: 1903).map(\.state) == [.filled])
        bench.hear(
            .loss(LossRecord(kafkaPartition: 0, fromOffset: 12, toOffset: 14, foundAt: at(1904))),
            at: 1904
        )
        let gaps = bench.look(at: 1905)
        #expect(gaps.map(\.state) == [.filled, .closed])
        #expect(gaps.last?.source == .loss)
        #expect(gaps.last?.range == span(880, 1605))
        #expect(gaps.first?.id != gaps.last?.id)

        var second = bench.job(for: try #require(gaps.last), at: 1906)
        second.state = .completed
        second.remaining = []
        bench.hear(.job(second), at: 1907)
        #expect(bench.look(at: 1908).map(\.state) == [.filled, .filled])
    }

    @Test("a gap that straddles the window is split, its dead part unrecoverable with the exact range")
    func straddles() {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 90000))), at: 1820)
        #expect(bench.look(at: 86400 + 990).map(\.state) == [.closed])
        let gaps = bench.look(at: 86400 + 1000)
        #expect(gaps.map(\.range) == [span(880, 1000), span(1000, 1605)])
        #expect(gaps.map(\.state) == [.unrecoverable, .closed])
        #expect(gaps.first?.unrecoverable == [span(880, 1000)])
        #expect(bench.look(at: 86400 + 2000).map(\.state) == [.unrecoverable, .unrecoverable])
        #expect(bench.look(at: 86400 + 3000).count == 2)
    }

    @Test("what leaves the window of a gap that was asked for in vain is split off too, and grows as one record")
    func straddlesAfterJobs() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 90000))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        job.state = .failed
        bench.hear(.job(job), at: 1902)
        #expect(bench.look(at: 86400 + 930).map(\.state) == [.closed])
        for second in Int64(940)...1300 {
            let gaps = bench.look(at: 86400 + second)
            #expect(gaps.map(\.state) == [.unrecoverable, .closed])
            let edge = try #require(gaps.last?.from)
            let dead = EventInterval(from: at(880), to: edge)
            #expect(gaps.map(\.range) == [dead, EventInterval(from: edge, to: at(1605))])
            #expect(gaps.map(\.unrecoverable) == [[dead], []])
            #expect(edge > at(second - 60) && edge <= at(second))
        }
        // What is left can still be filled, and settles by itself.
        var second = bench.job(for: try #require(bench.look(at: 86400 + 1300).last), at: 86400 + 1301)
        second.state = .completed
        second.remaining = []
        bench.hear(.job(second), at: 86400 + 1302)
        #expect(bench.look(at: 86400 + 1302).map(\.state) == [.unrecoverable, .filled])
        _ = bench.ledger.settle(committed: [:], jobs: bench.fold.jobs, now: at(86400 + 1303))
        #expect(bench.ledger.gaps(of: firstPartition).map(\.state) == [.unrecoverable, .settled])
    }

    @Test("what leaves the window is told although a job is held, but not while a request for it is at work")
    func straddlesWithJob() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 90000))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        job.state = .running
        job.attempts = 1
        bench.hear(.job(job), at: 1902)
        #expect(bench.look(at: 86400 + 1200).map(\.state) == [.running])
        job.state = .paused
        bench.hear(.job(job), at: 86400 + 1201)
        let gaps = bench.look(at: 86400 + 1202)
        #expect(gaps.map(\.state) == [.unrecoverable, .running])
        #expect(gaps.map(\.range) == [span(880, 1202), span(1202, 1605)])
        #expect(gaps.last?.missing == [span(1202, 1605)])
    }

    @Test("a gap of which a part was recovered before the rest left the window is partial")
    func partial() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 90000))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        job.state = .failed
        job.remaining = [span(880, 900)]
        bench.hear(.job(job), at: 1902)
        _ = bench.look(at: 1903)
        let gaps = bench.look(at: 86400 + 2000)
        #expect(gaps.map(\.state) == [.partial])
        #expect(gaps.first?.unrecoverable == [span(880, 900)])
    }

    @Test("a message that a job received and no topic took is an unrecoverable part of its gap")
    func lostByItsJob() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 1700))), at: 1820)
        var job = bench.job(for: try #require(bench.look(at: 1900).first), at: 1901)
        job.state = .completed
        job.remaining = []
        job.lost = [span(1000, 1001)]
        bench.hear(.job(job), at: 1902)
        let gaps = bench.look(at: 1903)
        #expect(gaps.map(\.state) == [.partial])
        #expect(gaps.first?.unrecoverable == [span(1000, 1001)])
        #expect(gaps.first?.missing == [span(1000, 1001)])
        #expect(gaps.first?.reason == "holds a message that no topic takes")
        #expect(bench.look(at: 1910) == gaps)
    }

    @Test("while nobody is heard, what is known of an open gap is cut off so that it can be recovered")
    func cutOff() {
        var bench = Self.doubleOutage()
        #expect(bench.look(at: 1700).map(\.state) == [.open])
        let gaps = bench.look(at: 1720)
        #expect(gaps.map(\.state) == [.closed])
        #expect(gaps.map(\.range) == [span(880, 1480)])
        #expect(bench.look(at: 1730).map(\.range) == [span(880, 1480), span(1480, 1490)])
        #expect(bench.look(at: 1730).map(\.state) == [.closed, .open])
    }

    @Test("an open gap is not cut off while a session is heard")
    func notCutOff() {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600))), at: 1990)
        #expect(bench.look(at: 2000).map(\.state) == [.open])
    }

    @Test("an hour in which the coordinator was away is seen as it was")
    func coordinatorAway() {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1600), covered: span(1605, 2000), closed: .tcp)), at: 9000)
        bench.hear(.session(session("a", "3", date: at(3000), covered: span(3005, 9000))), at: 9000)
        let gaps = bench.look(at: 9100)
        #expect(gaps.map(\.range) == [span(880, 1605), span(2000, 3005)])
        #expect(gaps.map(\.state) == [.closed, .closed])
    }

    @Test(
        "a minute that others delivered and a connection missed is that connection's hole, and a gap only if nobody has it"
    )
    func censusHoles() {
        var bench = Bench()
        for name in ["a", "b"] {
            bench.hear(.session(session(name, "1", date: at(0), covered: span(5, 2000))), at: 2120)
        }
        bench.hear(.census(census(at(600), ["a+b": 90, "b": 10])), at: 2121)
        #expect(bench.look(at: 2200).isEmpty)
        #expect(
            bench.fold.coverage(of: firstPartition, frontier: at(1960))?.byConnection["a"]
                == set(span(5, 600), span(660, 2000))
        )
        bench.hear(.census(census(at(600), ["a+b": 90, "a": 1], partition: 1)), at: 2122)
        let gaps = bench.look(at: 2200)
        #expect(gaps.map(\.range) == [span(600, 660)])
        #expect(gaps.map(\.source) == [.hole])
        bench.hear(.census(census(at(1200), ["a": 1, "b": 1], valid: false)), at: 2123)
        #expect(bench.look(at: 2200).count == 1)
    }

    @Test("lost offsets become the event time of those who wrote them, no shorter and not much longer")
    func lossMapping() {
        var bench = Bench()
        for step in 1...30 {
            let second = Int64(step) * 60
            bench.hear(
                .session(
                    session(
                        "a",
                        "1",
                        sequence: Int64(step),
                        date: at(0),
                        covered: span(5, second),
                        offsets: [0: SessionRecord.Offsets(first: 0, last: second * 10)]
                    )
                ),
                at: second + 120
            )
        }
        let loss = LossRecord(kafkaPartition: 0, fromOffset: 6100, toOffset: 6200, foundAt: at(2000))
        let times = bench.fold.eventTime(of: loss)
        #expect(times == [StreamIntervals(stream: firstPartition, intervals: [span(600, 665)])])
        bench.hear(.loss(loss), at: 2000)
        #expect(bench.look(at: 2000).filter { $0.source == .loss }.map(\.range) == [span(600, 665)])
        #expect(bench.fold.unmappedLosses == [loss])
    }

    @Test("a clock that goes back neither withdraws a gap nor finds one twice")
    func clockGoesBack() {
        var bench = Self.doubleOutage()
        let before = bench.look(at: 1400)
        let after = bench.look(at: 1200)
        #expect(after.map(\.range) == before.map(\.range))
        #expect(after.map(\.state) == [.open])
    }

    @Test("an open gap is not written at every look")
    func quiet() throws {
        var bench = Self.doubleOutage()
        bench.hear(.session(session("a", "2", date: at(1250))), at: 1299)
        var writes = 0
        for second in 1300..<1420 {
            let frontier = bench.ledger.frontier(of: firstPartition, now: at(Int64(second)))
            let coverage = try #require(bench.fold.coverage(of: firstPartition, frontier: frontier))
            writes +=
                bench.ledger.reconcile(
                    coverage,
                    jobs: [:],
                    GapLedger.Circumstances(now: at(Int64(second)), windowEdge: at(-86400), unheard: false)
                ).count
        }
        #expect(writes == 2)
    }
}

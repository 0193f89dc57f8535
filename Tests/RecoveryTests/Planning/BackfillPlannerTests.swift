import Recovery
import Testing
import Tweets

@Suite("What is asked of the upstream, by dialect")
struct BackfillPlannerTests {
    static let now = at(10 * 86400)
    let v2 = BackfillPlanner(limits: .v2)
    let gnip = BackfillPlanner(limits: .gnip)

    func ago(_ from: Duration, _ to: Duration) -> EventInterval {
        EventInterval(from: Self.now - from, to: Self.now - to)
    }

    func need(
        _ intervals: EventInterval...,
        stream: StreamPartition = firstPartition,
        gap: String = "g"
    ) -> BackfillNeed {
        BackfillNeed(gap: gap, stream: stream, missing: IntervalSet(intervals))
    }

    func job(_ range: EventInterval, partition: Int?, state: JobRecord.State = .running) -> JobRecord {
        var job = JobRecord(
            id: "j",
            origin: .gap,
            product: .sample10,
            partition: partition,
            range: range,
            fills: [],
            knownOffset: 0,
            createdAt: Self.now
        )
        job.state = state
        return job
    }

    @Test("v2 asks to the second, rounded outward")
    func secondsOutward() {
        let missing = EventInterval(
            from: Self.now - .milliseconds(100_250),
            to: Self.now - .milliseconds(50_500)
        )
        let requests = v2.requests(for: [need(missing)], active: [], at: Self.now)
        #expect(requests.map(\.range) == [ago(.seconds(101), .seconds(50))])
        #expect(requests.first?.fills == [StreamIntervals(stream: firstPartition, intervals: [missing])])
        #expect(requests.first?.partition == 1)
    }

    @Test("Replay asks to the minute, rounded outward, for all partitions at once")
    func minutesOutward() {
        let requests = gnip.requests(
            for: [
                need(ago(.seconds(7205), .seconds(7190)), stream: firstPartition, gap: "g1"),
                need(ago(.seconds(7250), .seconds(7230)), stream: secondPartition, gap: "g2"),
            ],
            active: [],
            at: Self.now
        )
        #expect(requests.map(\.range) == [ago(.seconds(7260), .seconds(7140))])
        #expect(requests.first?.partition == nil)
        #expect(requests.first?.gaps == ["g1", "g2"])
        #expect(requests.first?.fills.map(\.stream) == [firstPartition, secondPartition])
    }

    @Test("nothing older than the window is asked for, in either dialect", arguments: [DialectLimits.v2, .gnip])
    func window(limits: DialectLimits) {
        let requests = BackfillPlanner(limits: limits).requests(
            for: [need(ago(limits.window + .seconds(3600), limits.window - .seconds(3600)))],
            active: [],
            at: Self.now
        )
        #expect(requests.first?.range.from == limits.windowEdge(at: Self.now))
        #expect(requests.allSatisfy { limits.accepts($0.range, at: Self.now) })
        let dead = need(ago(limits.window + .seconds(7200), limits.window + .seconds(60)))
        #expect(BackfillPlanner(limits: limits).requests(for: [dead], active: [], at: Self.now).isEmpty)
    }

    @Test("Replay asks for nothing that ends less than 30 minutes ago; v2 does")
    func youngest() {
        let young = need(ago(.seconds(1900), .seconds(1790)))
        #expect(gnip.requests(for: [young], active: [], at: Self.now).isEmpty)
        #expect(gnip.requests(for: [young], active: [], at: Self.now + .seconds(60)).count == 1)
        #expect(v2.requests(for: [young], active: [], at: Self.now).count == 1)
    }

    @Test("v2 asks for nothing that ends less than 10 s ago, with time to spare for the request itself")
    func youngestV2() {
        let young = need(ago(.seconds(60), .seconds(11)))
        #expect(v2.requests(for: [young], active: [], at: Self.now).isEmpty)
        #expect(v2.requests(for: [young], active: [], at: Self.now + .seconds(1)).count == 1)
    }

    @Test("no request is longer than two hours, and the first come while the last are too young")
    func longest() {
        let requests = gnip.requests(for: [need(ago(.seconds(5 * 3600), .zero))], active: [], at: Self.now)
        #expect(
            requests.map(\.range) == [
                ago(.seconds(5 * 3600), .seconds(3 * 3600)), ago(.seconds(3 * 3600), .seconds(3600)),
            ]
        )
    }

    @Test("the gap that leaves the window first comes first")
    func earliestDeadline() {
        let requests = v2.requests(
            for: [
                need(ago(.seconds(300), .seconds(200)), gap: "young"),
                need(ago(.seconds(80000), .seconds(79000)), stream: secondPartition, gap: "old"),
                need(ago(.seconds(4000), .seconds(3000)), gap: "middle"),
            ],
            active: [],
            at: Self.now
        )
        #expect(requests.map(\.gaps) == [["old"], ["middle"], ["young"]])
    }

    @Test("what a job already asks for is not asked again, unless the job has ended")
    func notTwice() {
        let missing = need(ago(.seconds(300), .seconds(200)))
        let range = ago(.seconds(300), .seconds(250))
        let rest = v2.requests(for: [missing], active: [job(range, partition: 1)], at: Self.now)
        #expect(rest.map(\.range) == [ago(.seconds(250), .seconds(200))])
        let other = v2.requests(for: [missing], active: [job(range, partition: 2)], at: Self.now)
        #expect(other.map(\.range) == [ago(.seconds(300), .seconds(200))])
        let ended = v2.requests(for: [missing], active: [job(range, partition: 1, state: .failed)], at: Self.now)
        #expect(ended.map(\.range) == [ago(.seconds(300), .seconds(200))])
    }

    @Test("a request fills no more than was missing")
    func fillsOnlyMissing() throws {
        let parts = [ago(.seconds(7230), .seconds(7220)), ago(.seconds(7210), .seconds(7205))]
        let requests = gnip.requests(
            for: [BackfillNeed(gap: "g", stream: firstPartition, missing: IntervalSet(parts))],
            active: [],
            at: Self.now
        )
        #expect(try #require(requests.first).fills == [StreamIntervals(stream: firstPartition, intervals: parts)])
        #expect(requests.count == 1)
    }

    @Test("two at once, fewer where the setting or the budget says so")
    func slots() {
        #expect(v2.slots(running: 0, concurrentMax: 9, budget: 9) == 2)
        #expect(v2.slots(running: 1, concurrentMax: 2, budget: 9) == 1)
        #expect(v2.slots(running: 0, concurrentMax: 1, budget: 9) == 1)
        #expect(v2.slots(running: 0, concurrentMax: 2, budget: 0) == 0)
        #expect(v2.slots(running: 3, concurrentMax: 2, budget: 9) == 0)
    }

    @Test("the budget is 5 in 5 minutes for Replay and half of 50 in 15 minutes for v2")
    func budget() {
        var replay = RecoveryBudget(.gnip)
        let taken = (0..<5).map { replay.take(at: clock($0)) }
        #expect(taken == [true, true, true, true, true])
        let tooMany = replay.take(at: clock(299))
        #expect(!tooMany)
        #expect(replay.available(at: clock(300)) == 1)
        let later = replay.take(at: clock(300))
        #expect(later)
        #expect(RecoveryBudget(.v2).available(at: clock(0)) == 25)
    }

    @Test("every request of random needs is acceptable, and all that can be asked is asked", arguments: Seeds.draw(20))
    func random(seed: UInt64) {
        var generator = SplitMix64(seed: seed)
        for limits in [DialectLimits.v2, .gnip] {
            let needs = (0..<6).map { number in
                let from = Int64.random(in: 0...(limits.window.milliseconds + 3_600_000), using: &generator)
                let length = Int64.random(in: 1...20_000_000, using: &generator)
                return need(
                    ago(.milliseconds(from), .milliseconds(max(0, from - length))),
                    stream: Bool.random(using: &generator) ? firstPartition : secondPartition,
                    gap: "g\(number)"
                )
            }
            let requests = BackfillPlanner(limits: limits).requests(for: needs, active: [], at: Self.now)
            #expect(requests.allSatisfy { limits.accepts($0.range, at: Self.now) }, "seed \(seed)")
            for stream in [firstPartition, secondPartition] {
                let missing = needs.filter { $0.stream == stream }.reduce(into: IntervalSet()) {
                    $0 = $0.union($1.missing)
                }
                let filled = IntervalSet(
                    requests.flatMap(\.fills).filter { $0.stream == stream }.flatMap(\.intervals)
                )
                #expect(filled.subtracting(missing).isEmpty, "seed \(seed)")
                let certain = EventInterval(
                    from: limits.windowEdge(at: Self.now),
                    to: Self.now - limits.toAgeMin - limits.requestMax
                )
                #expect(missing.intersection(certain).subtracting(filled).isEmpty, "seed \(seed)")
            }
            let sorted = requests.map(\.range.from)
            #expect(sorted == sorted.sorted(), "seed \(seed)")
        }
    }
}

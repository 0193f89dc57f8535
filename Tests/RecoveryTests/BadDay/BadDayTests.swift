import Recovery
import Testing
import Tweets
import World

@Suite("A bad day at its true length, on a virtual clock")
struct BadDayTests {
    @Test("nothing is missing at its end, every gap is settled, and no minute was asked for twice without a reason")
    func badDay() throws {
        let seed = try #require(Seeds.draw(1).first)
        print("BadDayTests.badDay: DECAHOSE_TEST_SEED=\(seed)")
        var day = BadDay(seed: seed)
        day.play()

        // The truth, from the first left end on, up to what has surely been delivered.
        let end = at(day.second - 240)
        let span = EventInterval(from: at(5), to: end)
        let truth = (1...day.world.partitionCount).flatMap { day.world.tweets(in: span, partition: $0) }
        let missing = truth.filter { day.emitted[$0] == nil && day.world.deletion(of: $0) == nil }
        #expect(
            missing.isEmpty,
            "seed \(seed): \(missing.count) of \(truth.count), the first of \(missing.first?.createdAt?.description ?? "")"
        )
        #expect(day.emitted.values.allSatisfy { $0 == 1 })
        #expect(truth.count > 40_000)
        #expect((day.withheld["a"] ?? 0) > (day.withheld["b"] ?? 0) && (day.withheld["b"] ?? 0) > 5)

        let gaps = day.bench.gapsInControl
        #expect(gaps.allSatisfy { $0.state == .settled || $0.state == .withdrawn }, "\(gaps.map(\.state))")
        let settled = gaps.filter { $0.state == .settled }
        for (from, to) in [(1800, 2220), (5460, 6000), (7200, 18000)] as [(Int64, Int64)] {
            for stream in 1...2 {
                let own = IntervalSet(settled.filter { $0.stream.number == stream }.map(\.range))
                #expect(own.contains(EventInterval(from: at(from), to: at(to))), "seed \(seed): \(from) of \(stream)")
            }
        }
        // What only one connection lost the other had; what both lost the census found to the minute.
        let holes = IntervalSet(settled.filter { $0.source == .hole }.map(\.range))
        let lossy = IntervalSet(EventInterval(from: at(4140), to: at(4740)))
        #expect(!holes.isEmpty && holes.intervals.allSatisfy { lossy.contains($0) }, "seed \(seed): \(holes)")
        #expect(settled.allSatisfy { !$0.jobs.isEmpty && $0.rawOffsets.closed.count == 3 })

        judge(day.attempts, seed: seed)
        for job in day.bench.jobsInControl { #expect(job.state == .completed, "\(job.id): \(job.error ?? "")") }
        let recovered = day.bench.jobsInControl.reduce(0) { $0 + $1.received }
        let asked = IntervalSet(day.attempts.filter(\.isCompleted).map(\.range)).duration
        let gone = IntervalSet(settled.map(\.range)).duration
        print(
            "bad day: over after \(day.second) s; \(truth.count) Tweets, \(missing.count) missing; \(settled.count) gaps of "
                + "\(gone.milliseconds / 1000) s settled by \(day.attempts.count) requests for \(asked.milliseconds / 1000) s, "
                + "\(day.attempts.count { !$0.isCompleted }) of them refused; \(recovered) records recovered"
        )
    }

    /// Each minute is delivered once; it is asked for again only after a refusal, and later each time; and never more
    /// often than the upstream allows.
    private func judge(_ attempts: [BadDay.Attempt], seed: UInt64) {
        var delivered = IntervalSet()
        for attempt in attempts where attempt.isCompleted {
            #expect(!delivered.overlaps(attempt.range), "seed \(seed): \(attempt.range) was delivered before")
            delivered = delivered.union(attempt.range)
        }
        let refused = attempts.filter { !$0.isCompleted }
        #expect(refused.count >= 4 && refused.count <= 20, "seed \(seed): \(refused.count) refused")
        for attempt in refused {
            let again = attempts.filter { $0.range == attempt.range && $0.madeAt > attempt.madeAt }
            #expect(again.first.map { $0.madeAt - attempt.madeAt >= 5 } ?? false, "seed \(seed): \(attempt)")
        }
        for attempt in attempts {
            let recent = attempts.count { (0..<300).contains(attempt.madeAt - $0.madeAt) }
            #expect(recent <= 5, "seed \(seed): \(recent) requests in 5 minutes")
            #expect(attempt.range.duration <= .seconds(7200))
            #expect(attempt.range.to <= at(attempt.madeAt - 1800))
        }
    }
}

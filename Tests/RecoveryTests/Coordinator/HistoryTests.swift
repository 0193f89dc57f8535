import Recovery
import Testing
import Tweets

@Suite("Control stays small for ever")
struct HistoryTests {
    static let day: Int64 = 86400

    /// Weeks of two bridges under hand control.
    ///
    /// Bridge a reconnects every six hours without a break, b every day with an outage of a minute; now and then both are
    /// away for ten minutes, which recovery fills. Every half hour has a census.
    struct Operation {
        var bench = CoordinatorBench()
        var second: Int64 = 0

        init() {
            bench.core.startLeading(at: clock(0))
        }

        mutating func run(days: Int64) {
            let end = second + days * HistoryTests.day
            while second < end {
                second += 1800
                bench.second = second
                for (name, length, gap) in [("a", 21600 as Int64, 0 as Int64), ("b", HistoryTests.day, 60)] {
                    let number = second / length
                    let start = max(5, number * length + gap)
                    // Every third day both are away from noon on for ten minutes.
                    let isAway = second % (3 * HistoryTests.day) / 1800 == 24
                    guard !isAway else { continue }
                    let noon = number * length / (3 * HistoryTests.day) * (3 * HistoryTests.day) + 43200
                    let to = second - 125
                    var record = session(name, "\(number)", sequence: second, date: at(start - 5))
                    record.covered = to > start ? span(start, to) : nil
                    if start < noon, noon + 600 < to { record.holes = [span(noon, noon + 600)] }
                    record.updatedAt = at(second)
                    record.closed = (second + 1800) / length > number ? .upstreamEOF : nil
                    bench.write(.session(record))
                }
                bench.write(.census(census(at(second / 60 * 60 - 3600), ["a+b": 900])))
                bench.look(at: second)
                while !bench.open.isEmpty { bench.end(.completed, at: second) }
                bench.surroundings.committed = .offsets([:])
            }
        }

        /// What is missing, apart from the last two hours, in which sessions have not written yet.
        var missing: IntervalSet {
            bench.core.coverages(now: at(second)).reduce(into: IntervalSet()) { $0 = $0.union($1.missing) }
                .intersection(span(0, second - 7200))
        }
    }

    @Test("settled history is folded, so that the topic does not grow, and nothing that was known is forgotten")
    func small() throws {
        var operation = Operation()
        operation.run(days: 6)
        let early = operation.bench.topic.count
        let gapsEarly = operation.bench.gapsInControl.count
        operation.run(days: 12)
        let late = operation.bench.topic.count
        // Gaps and jobs stay for the reports of a quarter; everything else is bounded.
        let reports = operation.bench.gapsInControl.count + operation.bench.jobsInControl.count
        #expect(late - reports <= early - gapsEarly + 10, "\(early) records after 6 days, \(late) after 18")
        #expect(operation.bench.gapsInControl.count > gapsEarly)
        #expect(operation.bench.topic.keys.count { $0.kind == .ledger } == 1)

        let before = try #require(operation.bench.core.coverages(now: at(operation.second)).first)
        #expect(before.timeline.from == at(5))
        operation.bench.replaceCoordinator()
        let after = try #require(operation.bench.core.coverages(now: at(operation.second)).first)
        #expect(after == before)
        #expect(operation.missing.isEmpty)
        let asked = operation.bench.asked.count
        operation.bench.look(at: operation.second + 1)
        #expect(operation.bench.asked.count == asked)
        #expect(Set(operation.bench.asked.map(\.range)).count == asked, "a stretch was asked for twice")
    }
}

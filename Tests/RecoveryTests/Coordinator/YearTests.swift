import Recovery
import Testing
import Tweets

@Suite("A year of operation", .serialized)
struct YearTests {
    /// Two bridges of two stream partitions under hand control, at the true length of a year.
    ///
    /// Ten times a day both bridges lose their connections for ten minutes, which a recovery fills, and come back as new
    /// sessions; once a month the recovery does not answer in time, and a stretch is lost for good. Of what is written once a
    /// second control keeps each thing's last state, as compaction leaves it.
    struct Operation {
        static let day: Int64 = 86400
        static let segment: Int64 = 8640
        static let outage: Int64 = 600

        var bench = CoordinatorBench()
        var second: Int64 = 0
        private let streams = [firstPartition, secondPartition]

        init() {
            bench.core.startLeading(at: clock(0))
            bench.surroundings.committed = .offsets([:])
        }

        /// - Parameter censusEvery: Minutes; each is one as it is, and a record for each of six Kafka partitions.
        mutating func run(days: Int64, censusEvery minutes: Int64) {
            for number in (second / Self.segment)..<(second / Self.segment + days * Self.day / Self.segment) {
                let (start, end) = (number * Self.segment, (number + 1) * Self.segment)
                for stream in streams {
                    for name in ["a", "b"] {
                        var record = session(
                            name,
                            "\(1_000_000 + number)",
                            stream: stream,
                            date: at(start + Self.outage),
                            covered: span(start + Self.outage + 5, end - 120),
                            closed: .upstreamEOF
                        )
                        record.updatedAt = at(end)
                        bench.second = end
                        bench.write(.session(record))
                    }
                }
                for minute in stride(from: start / 60, to: end / 60, by: Int(minutes)) {
                    for partition in 0..<6 {
                        bench.write(.census(census(at(minute * 60), ["a+b": 900], partition: partition)))
                    }
                }
                second = end
                // Once a month nobody answers for longer than the window.
                guard number % 300 >= 15 else { continue }
                // The next sessions are there.
                bench.second = end + 1190
                for stream in streams {
                    let record = session(
                        "a",
                        "\(1_000_001 + number)",
                        stream: stream,
                        date: at(end + Self.outage),
                        covered: span(end + Self.outage + 5, end + 1070)
                    )
                    bench.write(.session(record))
                }
                // Requests are made one look after their jobs.
                bench.look(at: end + 1200)
                bench.look(at: end + 1201)
                while !bench.open.isEmpty {
                    while !bench.open.isEmpty { bench.end(.completed, at: end + 1202) }
                    bench.look(at: end + 1202)
                    bench.look(at: end + 1203)
                }
            }
        }
    }

    @Test("leaves a control topic of a bounded size, from which a coordinator starts where the other was")
    func year() throws {
        var operation = Operation()
        operation.run(days: 361, censusEvery: 144)
        operation.run(days: 4, censusEvery: 1)
        let topic = operation.bench.topic
        let counts = Dictionary(grouping: topic.keys, by: \.kind).mapValues(\.count)
        let told = counts.map { kind, count in "\(count) \(kind.map { "\($0)" } ?? "of an unknown kind")" }
        print("a year: \(topic.count) records of control: \(told.sorted().joined(separator: ", "))")

        // A quarter's gaps and jobs; of everything else what the window and a day hold.
        let perDay = Int(Operation.day / Operation.segment) * 2
        #expect(operation.bench.asked.count > 5000)
        #expect((1000...100 * perDay).contains(counts[.gap] ?? 0))
        #expect((1000...100 * perDay).contains(counts[.job] ?? 0))
        #expect(counts[.session] ?? 0 <= 4 * perDay * 2)
        #expect((1...4 * 1440 * 6).contains(counts[.census] ?? 0))
        #expect(counts[.ledger] == 2)
        #expect(Set(counts.keys) == [.gap, .job, .session, .census, .ledger])
        for case .ledger(let ledger) in topic.values.map(\.record) {
            #expect(ledger.filled.count <= LedgerFolding.intervalsMax)
            #expect(ledger.covered.count <= LedgerFolding.intervalsMax + ledger.unrecoverable.count + 1)
            #expect(ledger.byConnection.values.allSatisfy { $0.count <= LedgerFolding.intervalsMax })
            // Each of thirteen months has lost what is of its long absence: all gaps but those of the last day.
            #expect((13...13 * 10).contains(ledger.unrecoverable.count))
        }

        let now = at(operation.second + 1300)
        let before = operation.bench.core.coverages(now: now)
        let gaps = operation.bench.core.gaps
        operation.bench.second = operation.second + 1300
        operation.bench.replaceCoordinator()
        #expect(operation.bench.core.coverages(now: now) == before)
        #expect(operation.bench.core.gaps == gaps)
        let asked = operation.bench.asked.count
        let turn = operation.bench.look(at: operation.second + 1300)
        #expect(turn.writes.allSatisfy { $0.key.kind != .job })
        #expect(operation.bench.asked.count == asked)
    }
}

import Foundation
import Testing
import Tweets

@testable import Recovery
@testable import Services

@Suite("What the coordinator's page is told")
struct DashboardDocumentTests {
    private static let now = Instant(seconds: 1_795_500_000)
    private static let stream = StreamPartition(product: .sample10, number: 1)

    private func job(_ number: Int, _ state: JobRecord.State) -> JobRecord {
        var job = JobRecord(
            id: "job-\(number)",
            origin: .gap,
            product: .sample10,
            partition: 1,
            range: EventInterval(from: Self.now - .seconds(7200), to: Self.now - .seconds(3600)),
            fills: [],
            knownOffset: 0,
            createdAt: Self.now - .seconds(Int64(1000 - number))
        )
        job.state = state
        return job
    }

    @Test("every job that has not ended is told, and of those that have the newest only")
    func bounded() {
        var view = CoordinatorView(at: Self.now)
        view.jobs = (0..<200).map { job($0, .completed) } + (200..<300).map { job($0, .waiting) } + [job(0, .running)]
        let told = DashboardDocument(view).jobs
        #expect(told.count == 100 + 1 + DashboardDocument.endedMax)
        #expect(told.filter { $0.state == .completed }.map(\.id) == (150..<200).map { "job-\($0)" })
    }

    @Test("the time left of a job follows from its pace in event time, and only while it runs")
    func timeLeft() {
        var half = job(1, .running)
        half.pace = 30000
        half.updatedAt = Self.now
        half.remaining = [EventInterval(from: Self.now - .seconds(5400), to: Self.now - .seconds(3600))]
        #expect(half.progress == 0.5)
        #expect(half.timeLeft(at: Self.now) == .seconds(60))
        // What came counts before it is proven.
        half.reached = Self.now - .seconds(4500)
        #expect(half.progress == 0.75)
        #expect(half.timeLeft(at: Self.now) == .seconds(30))
        // A coordinator that is dead tells no pace.
        #expect(half.timeLeft(at: Self.now + .seconds(60)) == nil)
        half.state = .paused
        #expect(half.timeLeft(at: Self.now) == nil)
        let fresh = job(2, .running)
        #expect(fresh.timeLeft(at: Self.now) == nil)
    }

    @Test(
        "intervals older than the longest range, and more than can be drawn, are left out; a connection that is gone is not"
    )
    func intervals() throws {
        let many = (0..<1500).map { index -> EventInterval in
            let from = Self.now - .seconds(Int64(2 * (1500 - index)))
            return EventInterval(from: from, to: from + .seconds(1))
        }
        let old = EventInterval(from: Self.now - .seconds(30 * 86400), to: Self.now - .seconds(29 * 86400))
        let coverage = StreamCoverage(
            stream: Self.stream,
            timeline: EventInterval(from: old.from, to: Self.now - .seconds(240)),
            byConnection: ["a": IntervalSet(many + [old]), "b": IntervalSet([old])],
            claimed: IntervalSet(),
            lost: IntervalSet(),
            truncated: IntervalSet(),
            covered: IntervalSet(many + [old]),
            filled: IntervalSet([old]),
            givenUp: IntervalSet()
        )
        var dead = SessionRecord(
            connection: "b",
            stream: Self.stream,
            session: "s",
            host: "h",
            serverDate: Self.now - .seconds(3600),
            localDate: Self.now - .seconds(3600),
            backfill: .init(askedMinutes: 0)
        )
        dead.closed = .died
        dead.counters.framed = 7
        let view = CoordinatorView(
            at: Self.now,
            coverages: [coverage],
            live: [Self.stream: ["a"]],
            sessions: [dead],
            slack: .seconds(120)
        )
        let document = DashboardDocument(view)
        let stream = try #require(document.streams.first)
        #expect(stream.connections.map(\.name) == ["a", "b"])
        #expect(stream.connections.map(\.live) == [true, false])
        #expect(stream.connections[0].covered.count == DashboardDocument.intervalsMax)
        #expect(stream.connections[0].covered.last == [Self.now.milliseconds - 2000, Self.now.milliseconds - 1000])
        #expect(stream.connections[1].covered.isEmpty && stream.filled.isEmpty)
        #expect(stream.connections[1].session?.closed == .died)
        #expect(document.unaccounted == 0, "what was in flight when a bridge was killed is no defect")
    }

    @Test("the census of a minute is told over all Kafka partitions, and is trusted only where all of them are")
    func census() {
        func record(_ partition: Int, valid: Bool) -> CensusRecord {
            CensusRecord(
                minute: Self.now,
                kafkaPartition: partition,
                rows: [.init(stream: 1, byConnections: ["a": 1, "a+b": 10], bySource: ["live": 10, "recovery": 1])],
                valid: valid,
                invalidReason: valid ? nil : "restarted"
            )
        }
        let told = DashboardDocument(
            CoordinatorView(at: Self.now, census: [record(0, valid: true), record(1, valid: false)])
        )
        .census
        #expect(told.count == 1)
        #expect(told.first?.by == ["a": 2, "a+b": 20])
        #expect(told.first?.recovered == 2)
        #expect(told.first?.valid == false && told.first?.reason == "restarted")
    }
}

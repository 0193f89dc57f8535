import Testing
import Tweets

@testable import Demo

@Suite("The demonstration's report")
struct DemoReportTests {
    private let window = EventInterval(from: Instant(seconds: 1_700_000_000), to: Instant(seconds: 1_700_000_100))
    private let live = RecordHeader(connection: "a", partition: 1, source: .live, session: "s")
    private let recovery = RecordHeader(
        connection: "coordinator",
        partition: 1,
        source: .recovery,
        session: "",
        job: "j"
    )

    private func report(
        truth: String,
        acts: [DemoReport.Act] = DemoAct.allCases.map { .init(act: $0, happened: true, detail: "") },
        _ happen: (inout Deliveries, inout RawTally) -> Void
    ) -> DemoReport {
        var deliveries = Deliveries()
        var raw = RawTally()
        happen(&deliveries, &raw)
        return DemoReport(
            window: window,
            truth: UpstreamTruth(lines: truth),
            deliveries: deliveries,
            raw: raw,
            control: ControlView(),
            acts: acts,
            seconds: 1,
            restarts: 0
        )
    }

    @Test("passes only when every Tweet came once and every act was played")
    func passes() {
        let good = report(truth: "10 1\n11 2\n") { deliveries, raw in
            deliveries.tweet(10, idInside: 10)
            deliveries.tweet(11, idInside: 11)
            for _ in 0..<2 { raw.add(10, header: live, isDelete: false) }
            raw.add(11, header: recovery, isDelete: false)
        }
        #expect(good.passed)
        #expect(good.sent == 2 && good.delivered == 2 && good.duplicatesRemoved == 1 && good.recoveredFirst == 1)
        #expect(good.received == ["a": 2])
        #expect(
            report(truth: "10 1\n", acts: []) { deliveries, _ in deliveries.tweet(10, idInside: 10) }.passed == false
        )
        #expect(report(truth: "") { _, _ in }.passed == false)
    }

    @Test("a Tweet that neither came nor was deleted is missing")
    func missing() {
        let result = report(truth: "10 1\n11 1 1700000050000\n12 1\n13 1 2023-11-14T22:14:10.000Z\n") { deliveries, _ in
            deliveries.tweet(10, idInside: 10)
            deliveries.tombstone(11)
            deliveries.tombstone(12)
        }
        #expect(result.missing == 2)
        #expect(result.deletedBeforeDelivery == 1)
        #expect(result.missingExamples.count == 2)
        #expect(!result.passed)
    }

    @Test("second deliveries, returns after a delete and wrong keys are counted apart")
    func faults() {
        let result = report(truth: "10 1\n") { deliveries, _ in
            deliveries.tweet(10, idInside: 10)
            deliveries.tombstone(10)
            deliveries.tweet(10, idInside: 99)
            deliveries.tweet(20, idInside: 20)
            deliveries.tweet(20, idInside: nil)
        }
        #expect(result.duplicated == 2)
        #expect(result.resurrected == 1)
        #expect(result.misKeyed == 2)
        #expect(!result.passed)
        #expect(result.text.contains("FAILED"))
    }

    @Test("a copy after a delete is late, whichever connection it comes from; tombstones that dedup repeats are none")
    func lateCopies() {
        var raw = RawTally()
        raw.add(10, header: live, isDelete: false)
        raw.add(10, header: live, isDelete: true)
        raw.add(10, header: recovery, isDelete: false)
        raw.add(10, header: RecordHeader(connection: "", partition: 0, source: .dedup, session: ""), isDelete: true)
        #expect(raw.lateCopies == 1)
        #expect(raw.copies == 2)
        #expect(raw.broughtByRecoveryFirst == 0)
    }

    @Test(
        "the ID inside is read in all three shapes",
        arguments: [
            (#"{"user":{"id_str":"1"},"id_str":"22","id":21}"#, 22),
            (#"{"id":"tag:search.twitter.com,2005:33","verb":"post","actor":{"id":"id:twitter.com:1"}}"#, 33),
            (#"{"includes":{"tweets":[{"id":"1"}]},"data":{"id":"44"}}"#, 44), ("{}", nil), ("x", nil),
        ] as [(String, UInt64?)]
    )
    func identity(line: String, id: UInt64?) {
        #expect(Array(line.utf8).withUnsafeBytes { TweetIdentity.id(in: $0) } == id)
    }

    @Test("the timetable keeps the slack that the settings accept, however long the demonstration is")
    func timetable() {
        for seconds in [DemoTimetable.secondsMin, 120, 10000] {
            let timetable = DemoTimetable(seconds: seconds)
            #expect(timetable.slack >= .seconds(2) && timetable.slack <= .seconds(120))
        }
    }
}

import Operations
import Testing
import Tweets

@testable import Demo
@testable import FaultSweep

@Suite("The report of a sweep of faults")
struct SweepReportTests {
    /// Of two Tweets that the upstream sent.
    private func report(
        struck: [String] = ["bridge a"],
        openGaps: Int = 0,
        lostGaps: Int = 0,
        ended: [(name: String, code: Int32)] = [],
        delivered: [UInt64] = [10, 11],
        _ happen: (inout Deliveries) -> Void = { _ in }
    ) -> SweepReport {
        var deliveries = Deliveries()
        for id in delivered { deliveries.tweet(id, idInside: id) }
        happen(&deliveries)
        var strikes = StrikeCounts()
        for name in struck { strikes.add(.kill, name) }
        return SweepReport(
            seed: 1,
            strikes: strikes,
            comparison: Comparison(truth: UpstreamTruth(lines: "10 1\n11 2\n"), deliveries: deliveries),
            openGaps: openGaps,
            lostGaps: lostGaps,
            gaps: openGaps + lostGaps,
            surprises: ended.map {
                Troupe.Surprise(name: $0.name, end: .exited($0.code), endInWords: "", lastWords: "")
            },
            seconds: 1,
            folder: "folder"
        )
    }

    @Test("passes where every Tweet came once, and says what was struck")
    func passes() {
        let good = report(struck: ["bridge a", "bridge a", "dedup 1"])
        #expect(good.passed)
        #expect(good.kills == 3)
        #expect("\(good)".contains("kills:     3 (2 bridge a, 1 dedup 1)"))
        #expect(!"\(good)".contains("folder"))
    }

    @Test("one Tweet hidden, a second copy, a return after a delete or a wrong key fail it")
    func deliveries() {
        let hidden = report(delivered: [10])
        #expect(!hidden.passed && hidden.missing == 1)
        let twice = report { $0.tweet(10, idInside: 10) }
        #expect(!twice.passed && twice.duplicated == 1)
        // Where the upstream knows nothing of it, too.
        let stray = report { for _ in 0..<2 { $0.tweet(99, idInside: 99) } }
        #expect(!stray.passed && stray.duplicated == 1)
        let risen = report {
            $0.tombstone(12)
            $0.tweet(12, idInside: 12)
        }
        #expect(!risen.passed && risen.duplicated == 0)
        #expect(!report { $0.tweet(13, idInside: 14) }.passed)
        #expect("\(twice)".contains("folder"))
    }

    @Test("a gap that is open or lost fails it")
    func gaps() {
        #expect(!report(openGaps: 1).passed)
        #expect(!report(lostGaps: 1).passed)
    }

    @Test("a process that ended by itself fails it, but one that found no broker while the broker was struck")
    func ends() {
        let withoutKafka = ("dedup 1", ProcessExit.kafkaUnreachable.rawValue)
        #expect(report(struck: ["broker"], ended: [withoutKafka]).passed)
        #expect(!report(struck: ["bridge a"], ended: [withoutKafka]).passed)
        #expect(!report(struck: ["broker"], ended: [("dedup 1", ProcessExit.defect.rawValue)]).passed)
    }
}

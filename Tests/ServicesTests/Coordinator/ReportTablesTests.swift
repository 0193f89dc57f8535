import Foundation
import Recovery
import Testing
import Tweets

@testable import Services

@Suite("What the operators' commands print")
struct ReportTablesTests {
    private static let now = Instant(seconds: 1_795_500_000)
    private static let stream = StreamPartition(product: .compliance, number: 4)
    private static let name =
        "a-connection-with-a-name-of-more-than-eighty-characters-"
        + "that-somebody-found-a-good-idea-at-the-time"

    /// Control with the longest names and the largest numbers that can be.
    private static func snapshot() -> ControlSnapshot {
        var snapshot = ControlSnapshot(at: now)
        let word = String(repeating: "long", count: 40)
        let reasons = [
            "left the recovery window, which began at 2026-11-23T20:45:01.250Z, before it was recovered", word, nil,
        ]
        for (number, state) in GapRecord.State.allCases.enumerated() {
            let from = now - .seconds(Int64(200 * 86400 - number * 86400))
            var gap = GapRecord(
                id: "compliance-4-20261123T204501250Z-\(number)",
                stream: stream,
                range: EventInterval(from: from, to: from + .seconds(number == 3 ? 123 * 86400 : 5)),
                state: state,
                source: GapRecord.Source.allCases[number % 4],
                openedAt: from
            )
            gap.reason = reasons[number % 3]
            gap.unrecoverable = state == .unrecoverable ? gap.missing : []
            gap.jobs = ["compliance-all-20261123T204501250Z-1000"]
            snapshot.take(.record(.gap(gap)), isNew: false)
        }
        for (number, state) in JobRecord.State.allCases.enumerated() {
            let id = number == 5 ? word : "compliance-all-20261123T204501250Z-\(1000 + number)"
            var job = JobRecord(
                id: id,
                origin: .gap,
                product: .compliance,
                partition: nil,
                range: EventInterval(from: now - .seconds(30 * 86400), to: now),
                fills: [],
                knownOffset: 0,
                createdAt: now
            )
            job.state = state
            job.received = 999_999_999_999_999
            job.attempts = 99999
            job.error = "HTTP 503: " + String(repeating: "the server is not well today ", count: 9)
            job.reached = now - .seconds(86400)
            job.pace = 10
            job.updatedAt = now
            snapshot.take(.record(.job(job)), isNew: false)
        }
        for name in ["a", "b", "c", "d", "e", Self.name] {
            var session = SessionRecord(
                connection: name,
                stream: stream,
                session: "1",
                host: "host:1",
                serverDate: now - .seconds(400 * 86400),
                localDate: now,
                backfill: SessionRecord.Backfill(askedMinutes: 5, decided: true)
            )
            session.covered = EventInterval(from: now - .seconds(400 * 86400), to: now - .seconds(500))
            session.counters.framed = .max / 100
            snapshot.take(.record(.session(session)), isNew: true)
        }
        return snapshot
    }

    private func check(_ text: String, _ what: String) {
        for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
            #expect(line.count <= 80, "\(what): \(line)")
            #expect(line.last != " ", "\(what): '\(line)'")
        }
    }

    @Test("no line is longer than 80 columns, whatever is in control")
    func width() {
        let snapshot = Self.snapshot()
        check(snapshot.gapsTable(.init()), "gaps")
        check(snapshot.gapsTable(.init(since: Self.now - .seconds(300 * 86400), isUnrecoverableOnly: true)), "lost")
        check(snapshot.jobsTable(), "jobs")
        check(snapshot.coverageTable(slack: .seconds(120)), "coverage")
        let url = "http://a-host-with-a-long-name.and-a-domain.that-is-even-longer.example.com:9101/and/a/path"
        let status = SystemStatus(snapshot, urls: [url + "%"], slack: .seconds(120)).text
        check(status, "status")
        // Cut into lines and not cut off.
        let joined = status.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }.joined()
        #expect(joined.contains("unrecoverable"))
        #expect(snapshot.jobsTable().contains("compliance-all-20261123T204501250Z-1001  running"))
    }

    @Test("a job that is at work has a bar and the time left, in event time")
    func progress() {
        let lines = Self.snapshot().jobsTable().split(separator: "\n")
        let bar = "[#############################-] 29d00h of 30d00h, up to 11-23 06:00:00"
        #expect(lines.contains { $0.hasSuffix(bar) })
    }

    @Test("the monthly report tells every stretch that is lost for good, to the millisecond and of the period only")
    func lost() throws {
        var snapshot = ControlSnapshot(at: Self.now)
        let stream = StreamPartition(product: .sample10, number: 1)
        func span(_ from: Int64, _ to: Int64) -> EventInterval {
            EventInterval(from: Self.now - .seconds(from), to: Self.now - .seconds(to))
        }
        func gap(_ id: String, _ range: EventInterval, _ state: GapRecord.State, lost: [EventInterval]) {
            var gap = GapRecord(
                id: id,
                stream: stream,
                range: range,
                state: state,
                source: .sessions,
                openedAt: Self.now
            )
            gap.unrecoverable = lost
            gap.reason = lost.isEmpty ? nil : "of \(id)"
            snapshot.take(.record(.gap(gap)), isNew: false)
        }
        gap("old", span(9000, 8000), .unrecoverable, lost: [span(9000, 8000)])
        gap("straddles", span(5000, 3000), .unrecoverable, lost: [span(5000, 3000)])
        gap("oversize", span(2000, 1000), .partial, lost: [span(1500, 1499), span(1400, 1399)])
        gap("at work", span(900, 800), .running, lost: [span(900, 899)])
        gap("well", span(700, 600), .settled, lost: [])
        snapshot.take(
            .record(
                .ledger(
                    LedgerRecord(
                        stream: stream,
                        from: Self.now - .seconds(99999),
                        to: Self.now - .seconds(3500),
                        covered: [],
                        byConnection: [:],
                        filled: [],
                        unrecoverable: [span(4100, 4050), span(5000, 3500)],
                        knownOffset: 0,
                        updatedAt: Self.now
                    )
                )
            ),
            isNew: false
        )
        let since = Self.now - .seconds(4000)
        let filter = ControlSnapshot.GapFilter(since: since, isUnrecoverableOnly: true)
        let text = snapshot.gapsTable(filter)
        let words = text.split { $0 == " " || $0 == "\n" }.joined(separator: " ")
        #expect(words.contains("Lost for good since \(since): 16 min 43 s (1003.000 s) of event time in 4 stretches."))
        for range in [span(4000, 3000), span(1500, 1499), span(1400, 1399), span(900, 899)] {
            #expect(text.contains("sample10/1  \(range.from)  \(range.to)  "), "\(range)")
        }
        #expect(text.contains("2 of them: of oversize"))
        #expect(!text.contains("well") && !text.contains("of old"))
        let all = snapshot.gapsTable(.init(isUnrecoverableOnly: true))
        #expect(all.contains("Lost for good: 50 min 3 s (3003.000 s) of event time in 5 stretches."))

        let json = try JSONSerialization.jsonObject(with: Data(snapshot.gapsJSON(filter).utf8)) as? [String: Any]
        let lost = try #require(json?["lost"] as? [String: Any])
        #expect(lost["seconds"] as? Double == 1003)
        #expect((lost["stretches"] as? [[String: Any]])?.count == 4)
        #expect((json?["gaps"] as? [[String: Any]])?.count == 3)
        let nothing = ControlSnapshot(at: Self.now).gapsTable(filter)
        #expect(nothing == "Nothing is lost for good since \(since).\n")
    }

    @Test("large counts are six characters at most")
    func counts() {
        #expect(TextTable.count(812_331) == "812331")
        #expect(TextTable.count(1_234_567) == "1.2M")
        #expect(TextTable.count(45_678_901_234) == "45G")
        #expect(TextTable.count(999_999_999_999_999) == "999T")
    }
}

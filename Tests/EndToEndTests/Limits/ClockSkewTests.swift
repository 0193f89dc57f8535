import Foundation
import Glibc
import Recovery
import StreamClient
import Testing
import Tweets

/// The upstream goes by the true time; each of the hosts of both bridges and of the coordinator by another.
@Suite("Hosts whose clocks are two minutes off", .serialized, .timeLimit(.minutes(5)))
struct ClockSkewTests {
    private struct Host {
        let ahead: Int
        let clock: WrongClock
        let process: RunningExecutable
        let url: String

        init(_ stage: BadDayStage, _ role: String, ahead: Int, _ more: [String: String] = [:]) throws {
            self.ahead = ahead
            clock = try WrongClock(ahead: ahead)
            process = try stage.start(role, more.merging(clock.environment) { $1 })
            url = try process.says("Status is served. url=")
        }

        func ask(_ path: String) throws -> String {
            String(decoding: try WebRequest(url: url + path).send().body, as: UTF8.self)
        }

        /// The number behind the first `name` of a text.
        private func number(_ name: String, in text: String) -> Double? {
            text.range(of: name).flatMap { Double(text[$0.upperBound...].prefix { "-.0123456789".contains($0) }) }
        }

        /// What is shown of the difference, in `/status` and as a metric.
        func shown(_ metric: String) throws -> [Double?] {
            let lines = try ask("/metrics").split(separator: "\n").filter { $0.hasPrefix(metric) }
            return [number("\"clockSkewSeconds\":", in: try ask("/status"))]
                + lines.map { $0.split(separator: " ").last.flatMap { Double($0) } }
        }
    }

    @Test(
        "shift no gap and hide none, and each says how far it is off",
        .enabled(if: WrongClock.isPossible, "needs a C compiler"),
        arguments: [-120, 120]
    )
    func skew(seconds: Int) throws {
        let stage = try BadDayStage.onMock()
        try stage.setFaults()
        let coordinator = try Host(stage, "coordinator", ahead: seconds)
        let bridges = try [("a", seconds), ("b", -seconds)].map {
            try Host(stage, "bridge", ahead: $0.1, ["DECAHOSE_BRIDGE_CONNECTION": $0.0])
        }
        try stage.awaitClaims(after: Instant(milliseconds: 0))

        let cutAt = BadDayStage.now()
        let isWrong = #"{"kind":"status","status":503,"role":"recovery"}"#
        try stage.setFaults([
            #"{"kind":"drop","role":"live"}"#, #"{"kind":"status","status":503,"role":"live","duration":8}"#, isWrong,
        ])
        try eventually("both are refused") { try stage.fired("status") >= 4 }
        try stage.awaitClaims(after: cutAt)
        let backAt = BadDayStage.now()

        // While nothing is recovered, what is not in raw is in a gap, and every gap is where something is not in raw.
        var gaps: [GapRecord] = []
        try eventually("a gap of each stream partition", every: BadDayStage.look) {
            gaps = try stage.control().gaps.filter { $0.state != .withdrawn }
            return (1...2).allSatisfy { partition in gaps.contains { $0.stream.number == partition } }
        }
        let raw = try stage.rawKeys()
        for partition in 1...2 {
            let told = IntervalSet(gaps.filter { $0.stream.number == partition }.map(\.range))
            let missing = try stage.truth(EventInterval(from: cutAt, to: backAt), partition: partition).subtracting(raw)
            #expect(missing.count > 20)
            let silent = missing.compactMap { UInt64($0).flatMap { TweetID($0)?.createdAt } }.filter {
                !told.contains($0)
            }
            #expect(silent.isEmpty, "\(silent.count) of \(missing.count) are in no gap, such as \(silent[0]); \(told)")
            let outage = EventInterval(from: cutAt - .seconds(10), to: backAt)
            #expect(told.subtracting(outage).isEmpty, "\(told) lies outside of \(outage)")
            print(
                "skew \(seconds) s: \(missing.count) Tweets were missing; \(told.duration) of gaps, \(backAt - cutAt) cut"
            )
        }

        // Each tells what it is off by: the upstream's clock less the host's.
        for (host, metric) in [(coordinator, "decahose_coordinator_clock_skew_seconds")]
            + bridges.map({ ($0, "decahose_bridge_clock_skew_seconds") })
        {
            let shown = try host.shown(metric)
            #expect(shown.count >= 2)
            for value in shown { #expect(abs(try #require(value) + Double(host.ahead)) < 4, "\(shown)") }
            #expect(host.process.output.contains("This host's clock is wrong"))
        }

        try stage.setFaults()
        var jobs: [JobRecord] = []
        try eventually("every gap filled: \(gaps), \(jobs)", within: .seconds(150), every: BadDayStage.look) {
            (_, gaps, jobs) = try stage.control()
            return gaps.allSatisfy { $0.state == .filled || $0.state == .withdrawn }
        }
        for host in bridges {
            host.process.send(SIGTERM)
            #expect(try host.process.end() == 0)
        }
        let keys = try stage.rawKeys()
        for partition in 1...2 {
            let claims = try stage.control().sessions.filter { $0.stream.number == partition }.compactMap(\.covered)
            let all = IntervalSet(claims + gaps.filter { $0.stream.number == partition }.map(\.range))
            #expect(all.last.map { $0.to <= BadDayStage.now() } == true, "\(all) reaches into what has not come")
            for interval in all.intervals {
                #expect(try stage.truth(interval, partition: partition).subtracting(keys) == [])
            }
        }
    }
}

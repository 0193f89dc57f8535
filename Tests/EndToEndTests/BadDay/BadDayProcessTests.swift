import Foundation
import Glibc
import Kafka
import KafkaTestSupport
import Testing
import Tweets

/// A bad day with real processes, where a minute lasts a second, apart from the three hours, of which 40 s are played: to
/// wait longer would show nothing more.
///
/// | what happens | how |
/// | --- | --- |
/// | rolling restarts | SIGTERM to each bridge, one after the other |
/// | the coordinator is dead from now on | SIGKILL |
/// | a silent loss of 2 % on one connection | the upstream withholds it |
/// | both connections are away for 7 minutes | dropped, then HTTP 503 |
/// | Kafka is away for 10 minutes | down, or stopped |
/// | both bridges are dead for 3 hours | SIGKILL |
/// | a replay that fails for some minutes | HTTP 503 and a cut answer, once the coordinator is back |
@Suite("A bad day with real processes", .serialized, .timeLimit(.minutes(15)))
struct BadDayProcessTests {
    private static let copies = ["a", "b"]
    /// What a day leaves.
    private struct Outcome {
        var stage: BadDayStage
        var gaps: [GapRecord]
        var jobs: [JobRecord]
        var coordinator: RunningExecutable
        var truth: Set<String>
        var dedup: RunningExecutable?
    }

    @Test("on a mock cluster nothing is missing in raw, and every gap is filled")
    func mock() throws {
        let outcome = try play(BadDayStage.onMock(), hasDedup: false)
        let raw = try outcome.stage.rawKeys()
        let missing = outcome.truth.subtracting(raw)
        #expect(missing.isEmpty, "\(missing.count) of \(outcome.truth.count), such as \(missing.sorted().prefix(3))")
        #expect(outcome.gaps.allSatisfy { $0.state == .filled || $0.state == .withdrawn }, "\(outcome.gaps)")
    }

    @Test(
        "on a real Kafka every Tweet is in the clean topic exactly once, and every gap is settled",
        .enabled(if: MortalBroker.isAvailable, "\(RealBroker.skipReason)")
    )
    func real() throws {
        let node = try MortalBroker()
        let process = try #require(node.identifier)
        let topics = TopicNames(prefix: "day")
        let made = try BuiltExecutable.run(
            ["topics", "create", "--partitions", "2", "--replication-factor", "1"],
            environment: ["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": node.bootstrapServers, "DECAHOSE_TOPICS_PREFIX": "day"]
        )
        try #require(made.exitCode == 0, "\(made.errors)")
        let broker = BadDayStage.Broker(
            servers: node.bootstrapServers,
            partitions: 2,
            setAway: { kill(process, $0 ? SIGSTOP : SIGCONT) }
        )
        let outcome = try play(BadDayStage(broker, topics: topics), hasDedup: true)
        #expect(outcome.gaps.allSatisfy { $0.state == .settled || $0.state == .withdrawn }, "\(outcome.gaps)")
        var copies: [String: Int] = [:]
        try eventually("dedup has caught up", within: .seconds(60)) {
            let records = try outcome.stage.records(topics.tweets)
            copies = records.reduce(into: [:]) { $0[$1.key, default: 0] += $1.value == nil ? 0 : 1 }
            // A delete stands for its Tweet.
            return outcome.truth.isSubset(of: copies.keys)
        }
        let missing = outcome.truth.subtracting(copies.keys)
        #expect(missing.isEmpty, "\(missing.count) of \(outcome.truth.count)")
        #expect(copies.values.allSatisfy { $0 <= 1 }, "\(copies.filter { $0.value > 1 }.count) came twice")
    }

    private func play(_ stage: BadDayStage, hasDedup: Bool) throws -> Outcome {
        try stage.setFaults()
        let dedup = hasDedup ? try stage.start("dedup") : nil
        let first = try stage.start("coordinator")
        var bridges: [String: RunningExecutable] = [:]
        for name in Self.copies { bridges[name] = try bridge(name, stage) }
        try stage.awaitClaims(after: Instant(milliseconds: 0))

        for name in Self.copies {
            bridges[name]?.send(SIGTERM)
            #expect(try bridges[name]?.end() == 0)
            bridges[name] = try bridge(name, stage)
            try stage.awaitClaims()
        }
        // One connection was always there: whatever a busy host took for a gap was none.
        try eventually("no gap", within: .seconds(60), every: BadDayStage.look) {
            try stage.control().gaps.allSatisfy { $0.state == .withdrawn }
        }

        first.send(SIGKILL)
        try stage.setFaults([#"{"kind":"withhold","share":0.02,"place":0}"#])
        try eventually("Tweets withheld from one connection", within: .seconds(120)) {
            try stage.fired("withhold") >= 10
        }

        try stage.setFaults([
            #"{"kind":"drop","role":"live"}"#, #"{"kind":"status","status":503,"role":"live","duration":7}"#,
        ])
        try eventually("both are refused", within: .seconds(60)) { try stage.fired("status") >= 4 }
        outage(seconds: 7)
        try stage.awaitClaims()

        try stage.broker.setAway(true)
        outage(seconds: 10)
        try stage.broker.setAway(false)
        try stage.awaitClaims()

        let killed = BadDayStage.now()
        for name in Self.copies { bridges[name]?.send(SIGKILL) }
        outage(seconds: 40)
        let back = BadDayStage.now()
        for name in Self.copies { bridges[name] = try bridge(name, stage) }
        try stage.awaitClaims()

        try stage.setFaults([
            #"{"kind":"status","status":503,"role":"recovery","count":2}"#,
            #"{"kind":"recovery","mode":"cut","count":1}"#,
        ])
        let coordinator = try stage.start("coordinator")
        var last = try stage.control()
        let ends: Set<GapRecord.State> = hasDedup ? [.settled, .withdrawn] : [.filled, .withdrawn]
        var unended: String {
            "\(last.gaps.filter { !ends.contains($0.state) }), \(last.jobs.filter { !$0.state.isFinal }); the coordinator "
                + "said:\n\(coordinator.output.suffix(3000))"
        }
        try eventually("every gap has ended well: \(unended)", within: .seconds(240), every: BadDayStage.look) {
            last = try stage.control()
            return (1...2).allSatisfy { partition in
                last.gaps.contains {
                    $0.stream.number == partition && $0.from < killed + .seconds(10) && back - .seconds(10) < $0.to
                }
            } && last.gaps.allSatisfy { ends.contains($0.state) } && last.jobs.allSatisfy(\.state.isFinal)
        }
        try judge(last.jobs, coordinator, failures: stage.fired("status") + stage.fired("recovery"))

        for name in Self.copies {
            bridges[name]?.send(SIGTERM)
            #expect(try bridges[name]?.end() == 0)
        }
        let sessions = try stage.control().sessions
        var truth: Set<String> = []
        for partition in 1...2 {
            let claims = sessions.filter { $0.stream.number == partition }.compactMap(\.covered)
            let from = try #require(claims.map(\.from).min())
            let to = try #require(claims.map(\.to).max())
            truth.formUnion(try stage.truth(EventInterval(from: from, to: to), partition: partition))
        }
        #expect(truth.count > 3000)
        print("bad day: \(truth.count) Tweets, \(last.gaps.count) gaps, \(last.jobs.count) jobs")
        return Outcome(
            stage: stage,
            gaps: last.gaps,
            jobs: last.jobs,
            coordinator: coordinator,
            truth: truth,
            dedup: dedup
        )
    }

    /// No second is asked for twice but where the first answer failed, or where the ends of two stretches were rounded.
    private func judge(_ jobs: [JobRecord], _ coordinator: RunningExecutable, failures: Int) throws {
        #expect(jobs.count >= 4)
        #expect(failures == 3)
        for job in jobs { #expect(job.state == .completed, "\(job.id): \(job.error ?? "")") }
        for partition in 1...2 {
            let ranges = jobs.filter { $0.partition == partition }.map(\.range)
            for (one, next) in zip(ranges, ranges.dropFirst()) {
                #expect(next.from >= one.to - .seconds(1), "\(one) and \(next)")
            }
        }
        let lines = coordinator.output.split(separator: "\n")
        let failed = lines.count { $0.contains("A recovery request has ended.") && !$0.contains("reason=completed") }
        #expect(jobs.reduce(0) { $0 + $1.attempts } == jobs.count + failed)
        #expect(failed >= failures)
    }

    private func bridge(_ name: String, _ stage: BadDayStage) throws -> RunningExecutable {
        try stage.start("bridge", ["DECAHOSE_BRIDGE_CONNECTION": name])
    }

    /// Lets what is away stay away: its length is what is played, nothing is waited for.
    private func outage(seconds: UInt32) {
        sleep(seconds)
    }
}

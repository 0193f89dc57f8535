import ModelLog
import Recovery
import Tweets

/// The invariants, judged by what the upstream knows.
extension Simulation {
    /// Invariant 4: covered, gaps and filled are the whole timeline.
    func checkLedger(_ core: CoordinatorCore, now time: Instant) {
        for coverage in core.coverages(now: time) {
            let spoken = IntervalSet(core.gaps.filter { $0.stream == coverage.stream }.flatMap(Self.spoken))
            let silent = coverage.missing.subtracting(spoken).subtracting(coverage.givenUp)
            if let first = silent.first {
                violate("the ledger says nothing of \(first) of \(coverage.stream)")
            }
        }
    }

    /// What a gap still speaks for.
    private static func spoken(_ gap: GapRecord) -> [EventInterval] {
        switch gap.state {
        case .open, .closed, .scheduled, .running: [gap.range]
        case .unrecoverable, .partial: gap.unrecoverable
        case .filled, .settled, .withdrawn: []
        }
    }

    /// The gaps of the whole run against what no connection delivered.
    func gapTimes() -> GapTimes {
        var times = GapTimes()
        guard let leader else { return times }
        let end = SimulationPlan.start + .milliseconds(plan.faultsEnd)
        for stream in 1...SimulationPlan.streams {
            let gaps = leader.core.gaps.filter { $0.stream.number == stream && $0.from < end }
            let told = IntervalSet(gaps.filter { $0.state != .withdrawn }.map(\.range))
            times.opened += gaps.count
            times.withdrawn += IntervalSet(gaps.filter { $0.state == .withdrawn }.map(\.range)).duration
            // To the second: that is what can be told of a Tweet's time.
            let needed = upstream.tweets[stream - 1].filter { $0.acknowledgedBy == 0 }.map { tweet in
                let second = (SimulationPlan.start + .milliseconds(tweet.created)).alignedDown(to: .seconds(1))
                return EventInterval(from: second, to: second + .seconds(1))
            }
            times.needless += told.subtracting(IntervalSet(needed)).duration
            times.needed += told.intersection(IntervalSet(needed)).duration
        }
        return times
    }

    private struct Fate {
        var values = 0
        var hasTombstone = false
        var cameBack = false
        var isLate = false
    }

    /// Invariants 1, 2 and 3: every Tweet that the upstream had is there exactly once, or late, or told to be missing; and
    /// what was deleted stays so.
    func checkTruth() {
        guard let leader else { return violate("nobody leads") }
        checkLedger(leader.core, now: leader.lookedAt)
        let fates = readers()
        for (stream, coverage) in leader.core.coverages(now: leader.serverTime).map({ ($0.stream.number - 1, $0) }) {
            let missing = IntervalSet(leader.core.gaps.filter { $0.stream == coverage.stream }.flatMap(Self.spoken))
                .union(coverage.givenUp)
            let end = SimulationPlan.start + .milliseconds(plan.faultsEnd)
            for tweet in upstream.tweets[stream] {
                let created = SimulationPlan.start + .milliseconds(tweet.created)
                guard created >= coverage.timeline.from, created < end else { continue }
                judged += 1
                check(tweet, created, fates[tweet.id], missing)
                guard violations.count < 5 else { return }
            }
        }
        checkClaims(leader.core.fold.sessionRecords)
        checkAccounts()
    }

    /// The coverage rule: what a connection's sessions claim, that connection has delivered, whatever the others did.
    ///
    /// Redundancy and backfill heal most of what a wrong claim would lose, so the claims are judged by themselves.
    private func checkClaims(_ records: [SessionRecord]) {
        for stream in 1...SimulationPlan.streams {
            for copy in 0..<SimulationPlan.copies {
                let own = records.filter { $0.stream.number == stream && $0.connection == (copy == 0 ? "a" : "b") }
                let claimed = own.reduce(into: IntervalSet()) { union, record in
                    guard let covered = record.covered else { return }
                    union = union.union(IntervalSet(covered).subtracting(IntervalSet(record.holes)))
                }
                for tweet in upstream.tweets[stream - 1] where tweet.acknowledgedBy >> UInt8(copy) & 1 == 0 {
                    let created = SimulationPlan.start + .milliseconds(tweet.created)
                    guard claimed.contains(created), tweet.withheldFrom >> UInt8(copy) & 1 == 0,
                        !toDeadletter.contains(tweet.id)
                    else { continue }
                    violate(
                        "Tweet \(tweet.id) of \(clockText(tweet.created)) is claimed by \(copy == 0 ? "a" : "b"), which never had it"
                    )
                    return
                }
            }
        }
    }

    private func check(_ tweet: Upstream.Tweet, _ created: Instant, _ fate: Fate?, _ missing: IntervalSet) {
        let fate = fate ?? Fate()
        func say(_ text: String) {
            violate(
                "Tweet \(tweet.id) of \(clockText(tweet.created)) \(text) (acknowledged to \(tweet.acknowledgedBy), recovered \(tweet.isRecovered), withheld from \(tweet.withheldFrom))"
            )
        }
        if fate.values > 1 { say("is in tweets \(fate.values) times") }
        if fate.cameBack { say("was deleted and came back") }
        if tweet.isDeleteAcknowledged, !fate.hasTombstone, !takenUnread.contains(tweet.id) {
            say("was deleted in raw, and tweets does not say so")
        }
        if fate.values > 0 || fate.isLate || fate.hasTombstone || missing.contains(created) { return }
        if toDeadletter.contains(tweet.id) { return }
        if tweet.withheldFrom != 0, tweet.acknowledgedBy == 0, !tweet.isRecovered {
            silentlyWithheld += 1
            return
        }
        say("is lost, and no gap tells of it")
    }

    /// What readers see that read only what is committed.
    private func readers() -> [UInt64: Fate] {
        var fates: [UInt64: Fate] = [:]
        var line: [UInt8] = []
        for topic in ["tweets", "late"] {
            for number in 0..<plan.kafkaPartitions {
                let partition = log[topic, number]
                guard let batch = try? partition.fetch(from: partition.start, .committed, limit: .max) else { continue }
                for (offset, record) in batch.records {
                    guard let id = (record.key ?? []).withUnsafeBytes({ TweetID(decimal: $0) })?.rawValue,
                        let place = upstream.places[id]
                    else {
                        violate("\(topic) \(number):\(offset) is no Tweet of the upstream")
                        continue
                    }
                    if topic == "late" {
                        fates[id, default: Fate()].isLate = true
                        continue
                    }
                    guard let value = record.value else {
                        fates[id, default: Fate()].hasTombstone = true
                        continue
                    }
                    if fates[id]?.hasTombstone == true { fates[id]?.cameBack = true }
                    fates[id, default: Fate()].values += 1
                    line.removeAll(keepingCapacity: true)
                    UpstreamLines.append(tweet: id, upstream.tweets[place.stream][place.place].size, to: &line)
                    if line != value {
                        violate("\(topic) \(number):\(offset) holds other bytes than the upstream sent")
                    }
                }
            }
        }
        return fates
    }

    /// Invariant 6: control stays small, since every record is the whole state of a thing.
    private func checkAccounts() {
        log["control", 0].compact(before: log["control", 0].lastStable)
        let partition = log["control", 0]
        let left = (try? partition.fetch(from: partition.start, .committed, limit: .max).records.count) ?? 0
        let minutes = Int(now / 60_000) + 10
        let sessions = story.names.count * SimulationPlan.streams + upstream.tweets.count
        let most = minutes * (plan.kafkaPartitions * 2 + 12) + sessions + 1000
        if left > most { violate("control holds \(left) records, more than \(most)") }
    }
}

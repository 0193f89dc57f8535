import Operations
import Tweets

extension DemoRunner {
    func playSteady() throws {
        begin(.steady)
        try wait(timetable.steady)
        let both = ["a", "b"].allSatisfy { (observer?.raw.connections[$0]?.live ?? 0) > 0 }
        let removed = (observer?.raw.copies ?? 0) - (observer?.deliveries.tweets ?? 0)
        endAct(
            .steady,
            happened: both && removed > 0,
            "both connections delivered; \(grouped(removed)) second copies were removed"
        )
    }

    func playOneBridgeDead() throws {
        begin(.oneBridgeDead)
        let gapsBefore = Set(observer?.control.gaps.keys.map(\.self) ?? [])
        let before = observer?.raw.connections["b"]?.live ?? 0
        troupe.kill("bridge a")
        tell("kill -9 of bridge a")
        try wait(timetable.oneDead)
        var redundancy: [Int]?
        let isReported = try wait(atMost: timetable.patience) {
            redundancy = try redundancyInForce()
            return redundancy?.isEmpty == false && redundancy?.allSatisfy { $0 == 1 } == true
        }
        let alone = (observer?.raw.connections["b"]?.live ?? 0) - before
        let opened = openedGaps(since: gapsBefore)
        let dead = !troupe.isRunning("bridge a") && troupe.process("bridge a")?.end == .signaled(9)
        endAct(
            .oneBridgeDead,
            happened: dead && alone > 0 && opened.isEmpty && isReported,
            "b delivered \(grouped(alone)) Tweets alone, \(opened.count) gap(s); connections in force by stream "
                + "partition as the coordinator says: \(redundancy.map { "\($0)" } ?? "no answer")"
        )
    }

    func playBackfill() throws {
        begin(.backfill)
        let before = observer?.raw.connections["a"]?.backfill ?? 0
        let knownSessions = Set(observer?.control.sessions.keys.map(\.self) ?? [])
        try troupe.restart("bridge a")
        tell("bridge a is started again")
        let credited = try wait(atMost: timetable.patience) {
            let sessions = newSessions(of: "a", since: knownSessions)
            return sessions.count >= StreamProduct.sample10.partitionCount
                && sessions.allSatisfy(\.earnedBackfill)
        }
        let brought = (observer?.raw.connections["a"]?.backfill ?? 0) - before
        let asked = newSessions(of: "a", since: knownSessions).map { "\($0.backfill.askedMinutes)" }
        endAct(
            .backfill,
            happened: credited && brought > 0,
            "asked for \(asked.joined(separator: " and ")) min, \(grouped(brought)) Tweets came by backfill"
                + (credited ? ", and their creation times prove it" : ", but it was not credited")
        )
    }

    func playBothBridgesDead() throws {
        begin(.bothBridgesDead)
        let gapsBefore = Set(observer?.control.gaps.keys.map(\.self) ?? [])
        let onlyBefore = observer?.raw.broughtByRecoveryFirst ?? 0
        try upstream?.refuseBackfill()
        for name in ["bridge a", "bridge b"] { troupe.kill(name) }
        tell("kill -9 of both bridges; the upstream will grant no backfill")
        try wait(timetable.bothDead)
        let knownSessions = Set(observer?.control.sessions.keys.map(\.self) ?? [])
        for name in ["bridge a", "bridge b"] { try troupe.restart(name) }
        tell("both bridges are started again")
        let streams = StreamProduct.sample10.partitionCount
        let filled = try wait(atMost: timetable.patience * 2) {
            let gaps = openedGaps(since: gapsBefore)
            return Set(gaps.map(\.stream)).count >= streams && observer?.control.openGaps.isEmpty == true
        }
        try upstream?.clearFaults()
        let gaps = openedGaps(since: gapsBefore)
        let sessions = newSessions(of: "a", since: knownSessions) + newSessions(of: "b", since: knownSessions)
        let asked = sessions.contains { $0.backfill.askedMinutes > 0 }
        let credited = sessions.contains(where: \.earnedBackfill)
        let only = (observer?.raw.broughtByRecoveryFirst ?? 0) - onlyBefore
        endAct(
            .bothBridgesDead,
            happened: filled && asked && !credited && only > 0,
            "\(gaps.count) gap(s), now \(Set(gaps.map(\.state)).sorted().joined(separator: ", ")); backfill was "
                + "\(asked ? "asked for" : "not asked for") and \(credited ? "credited" : "not granted"); "
                + "\(grouped(only)) Tweets came by recovery first"
        )
    }

    func playDeletes() throws {
        begin(.deletes)
        let before = observer?.raw.lateCopies ?? 0
        troupe.kill("bridge b")
        tell("kill -9 of bridge b, so that its backfill brings Tweets that were deleted meanwhile")
        try wait(timetable.deletes)
        try troupe.restart("bridge b")
        let seen = try wait(atMost: timetable.patience) {
            (observer?.raw.lateCopies ?? 0) > before && (observer?.deliveries.tombstones ?? 0) > 0
        }
        let late = (observer?.raw.lateCopies ?? 0) - before
        let resurrected = observer?.deliveries.fates.values.count(where: \.deliveredAfterTombstone) ?? 0
        endAct(
            .deletes,
            happened: seen,
            "\(grouped(observer?.deliveries.tombstones ?? 0)) deletes came out; \(grouped(late)) copies of deleted Tweets "
                + "came late in this act, \(resurrected) came back"
        )
    }

    /// Waits until everything sent so far must be out, then compares.
    func compare(from start: Instant) throws -> DemoReport {
        let end = WallClock.now()
        tell("waiting until everything that was sent up to now must have come out")
        guard let upstream, let observer else { preconditionFailure("nothing was started") }
        var truth = UpstreamTruth(lines: "")
        _ = try wait(atMost: timetable.slack + .seconds(2)) { false }
        let window = EventInterval(from: start, to: end)
        truth = try upstream.truth(window)
        _ = try wait(atMost: timetable.patience * 2) {
            observer.control.openGaps.isEmpty
                && truth.tweets.allSatisfy { id, _ in observer.deliveries.fates[id] != nil }
        }
        return DemoReport(
            window: window,
            truth: truth,
            deliveries: observer.deliveries,
            raw: observer.raw,
            control: observer.control,
            acts: acts,
            seconds: Double((ContinuousClock.now - began).milliseconds) / 1000,
            restarts: troupe.restarts
        )
    }

    private func begin(_ next: DemoAct) {
        act = next
        tell("— \(next.title)")
    }

    private func openedGaps(since known: Set<String>) -> [ControlView.Gap] {
        observer?.control.gaps.values.filter { !known.contains($0.id) && $0.state != "withdrawn" } ?? []
    }

    private func newSessions(of connection: String, since known: Set<String>) -> [SessionRecord] {
        observer?.control.sessions.filter { !known.contains($0.key) && $0.value.connection == connection }
            .map(\.value) ?? []
    }
}

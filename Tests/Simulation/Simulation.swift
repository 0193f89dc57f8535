import Dedup
import Ingest
import ModelLog
import Recovery
import Tweets

/// The whole system on a virtual clock: upstream, Kafka, hosts, network, and what goes wrong with them.
///
/// One loop takes whatever is due next. Everything that is drawn is drawn from the plan's seed, nothing asks a clock, and
/// nothing depends on the order of a set: the same plan is the same run.
final class Simulation {
    /// What the run is made of.
    let plan: SimulationPlan
    /// Milliseconds since the start.
    var now: Int64 = 0
    /// How many times something was done.
    var steps = 0
    /// What was found wrong; the run ends with the first.
    var violations: [String] = []
    /// Faults that had somebody to hit, by kind.
    var injected: [FaultKind: Int] = [:]
    /// States that were reached, and how often.
    var states: [String: Int] = [:]
    /// Tweets that nobody could have missed, and did: withheld where no other connection looked.
    var silentlyWithheld = 0
    /// Tweets that the checks looked at.
    var judged = 0
    /// How long after the last fault everything was settled, in milliseconds.
    var settledAfter: Int64 = 0

    var story = Story()
    var random: Dice
    var log: ModelLog
    var coordinators = ModelGroup(partitionCount: 1, sessionTimeout: 10_000)
    var control = ControlStore()
    let upstream: Upstream
    var processes: [SimulatedProcess] = []
    /// By role and place.
    var skew = [Int64](repeating: 0, count: 6)
    /// IDs of Tweets that went to deadletter, acknowledged.
    var toDeadletter: Set<UInt64> = []
    /// IDs of which something unread was taken out of raw.
    var takenUnread: Set<UInt64> = []
    /// The end that a partition had before it was cut: dedup may go on there, and never read what is written before.
    var rewritten: [Int: Int64] = [:]
    /// Partitions that dedup may refuse, since what it needs of them was taken away.
    var damaged: Set<Int> = []
    /// Whether some clock was further off than dedup forgives where it must compare times of different hosts.
    var clocksWereOff = false
    private(set) lazy var operatorAtWork = OperatorAtWork(self, timing: DedupProcess.timing(plan))
    var isCalm = false

    var producers = 0
    private var nextFault = 0
    private var nextSecond: Int64 = 0
    private var restarts: [(role: SimulatedProcess.Role, place: Int, at: Int64)] = []
    var brokerDue: Int64 = 0
    var expiryFrom: Int64 = 0
    var scanDue: Int64 = 0
    /// Until when the group's offsets may expire, if it is empty.
    var offsetsExpire: Int64?
    /// What is in force, by the kind's place.
    var inForce: [FaultKind: Fault] = [:] {
        didSet { inForceUntil = inForce.values.map(\.end).max() ?? 0 }
    }
    /// The end of the last of them: mostly nothing is in force, and everybody asks all the time.
    private var inForceUntil: Int64 = 0
    /// Steps until a process of the role dies, and how long it stays away.
    private var armed: [(countdown: Int, down: Int64)?] = [nil, nil, nil]
    private var clockFixes: [(index: Int, at: Int64)] = []
    private var requestTimes: [Int64] = []
    private var earlyEnds: Set<String> = []
    var marks: [(at: Int64, ends: [Int64])] = []
    var compactedAt: Int64 = 0
    private var turns = 0
    private var quiet: QuietWatch?

    /// A world before its first second.
    init(_ plan: SimulationPlan) {
        self.plan = plan
        random = Dice(seed: plan.seed, salt: 2)
        upstream = Upstream(plan)
        log = ModelLog(
            topics: ["raw", "tweets", "seen", "late"],
            partitionCount: plan.kafkaPartitions,
            single: ["control", "compliance", "deadletter"],
            transactionTimeout: 10_000,
            sessionTimeout: 10_000
        )
        for place in 0...1 {
            processes.append(BridgeProcess(self, place: place))
            processes.append(DedupProcess(self, place: place))
            processes.append(CoordinatorProcess(self, place: place))
        }
    }

    // MARK: The loop

    /// Plays everything, to the end or to the first violation.
    func run() {
        let limit = plan.faultsEnd + plan.patience
        while violations.isEmpty {
            step()
            guard now >= plan.faultsEnd else { continue }
            if !isCalm { calm() }
            if isQuiet() { break }
            if now > limit {
                violate(
                    "\((now - plan.faultsEnd) / 60_000) min after the last fault not everything is settled: \(unsettled())"
                )
            }
        }
        settledAfter = now - plan.faultsEnd
        if violations.isEmpty { checkTruth() }
    }

    private func step() {
        steps += 1
        var due = min(nextSecond * 1000, brokerDue)
        if nextFault < plan.faults.count { due = min(due, plan.faults[nextFault].at) }
        var next: SimulatedProcess?
        for process in processes {
            let at = max(process.due, process.stalledUntil)
            if at < due {
                due = at
                next = process
            }
        }
        now = max(now, due)
        if let next {
            turn(next)
        } else if nextFault < plan.faults.count, plan.faults[nextFault].at <= now {
            nextFault += 1
            begin(plan.faults[nextFault - 1])
        } else if nextSecond * 1000 <= now {
            everySecond()
        } else {
            broker()
        }
    }

    private func turn(_ process: SimulatedProcess) {
        do throws(SimulatedCrash) {
            if let wait = try process.step() {
                process.due = now + wait
            } else {
                end(process, down: process.down ?? 5000 + Int64(random.next() % 25_000))
            }
        } catch {
            tell(.crashed, process.who)
            reached("crash \(process.role)")
            process.died()
            let down = armed[process.role.rawValue]?.down ?? 1000
            armed[process.role.rawValue] = nil
            end(process, down: down)
        }
    }

    /// A process is over; a supervisor starts another, unless one of its name runs.
    private func end(_ process: SimulatedProcess, down: Int64) {
        processes.removeAll { $0 === process }
        let hasTwin = processes.contains { $0.role == process.role && $0.place == process.place }
        let isComing = restarts.contains { $0.role == process.role && $0.place == process.place }
        if !hasTwin, !isComing { restarts.append((process.role, process.place, now + down)) }
    }

    func start(_ role: SimulatedProcess.Role, _ place: Int, takesOver: Bool = false) {
        switch role {
        case .bridge: processes.append(BridgeProcess(self, place: place, takesOver: takesOver))
        case .dedup: processes.append(DedupProcess(self, place: place))
        case .coordinator: processes.append(CoordinatorProcess(self, place: place))
        }
    }

    private func everySecond() {
        upstream.advance(second: nextSecond)
        nextSecond += 1
        operatorAtWork.step()
        let isHeld = operatorAtWork.holdsDedup
        for restart in restarts where restart.at <= now && !(isHeld && restart.role == .dedup) {
            start(restart.role, restart.place)
        }
        restarts.removeAll { $0.at <= now && !(isHeld && $0.role == .dedup) }
        for fix in clockFixes where fix.at <= now { skew[fix.index] = 0 }
        clockFixes.removeAll { $0.at <= now }
    }

    // MARK: What goes wrong

    func isInForce(_ kind: FaultKind) -> Bool {
        guard now < inForceUntil, let fault = inForce[kind] else { return false }
        return now < fault.end
    }

    func fault(_ kind: FaultKind) -> Fault? { isInForce(kind) ? inForce[kind] : nil }

    var isAway: Bool { isInForce(.kafkaAway) }

    /// Whether Kafka answers nobody, or not this one.
    func isAway(from role: SimulatedProcess.Role, _ place: Int) -> Bool {
        guard !isAway else { return true }
        guard let fault = fault(.cutOff) else { return false }
        return fault.target == place && Int(fault.value * 3) == role.rawValue
    }

    /// The time by the world's clock.
    var trueTime: Instant { SimulationPlan.start + .milliseconds(now) }

    /// For how long a commit stands still, in milliseconds: longer than a session, and less than until a broker that looks
    /// now and then takes a transaction for dead.
    func commitDelay() -> Int64 {
        guard isInForce(.slowCommits), random.next().share < 0.2 else { return 0 }
        return 8000 + Int64(random.next() % 10_000)
    }

    func isLeaderless(_ partition: Int) -> Bool {
        guard let fault = fault(.leaderChange) else { return false }
        return Int(fault.value * Double(plan.kafkaPartitions)) == partition
    }

    func losesRequest() -> Bool {
        guard isInForce(.lostAcknowledgements) || isInForce(.leaderChange) else { return false }
        return random.next().share < 0.3
    }

    func losesAcknowledgement() -> Bool {
        isInForce(.lostAcknowledgements) && random.next().share < 0.4
    }

    func forgetsOffset() -> Bool { random.next().share < 0.5 }

    func failsTransaction() -> Bool { isInForce(.transactionErrors) && random.next().share < 0.15 }

    func refusal(of count: Int) -> (index: Int, isLost: Bool)? {
        guard isInForce(.refusedRecords), random.next().share < 0.01 else { return nil }
        reached("record refused")
        return (Int(random.next() % UInt64(count)), random.next() & 3 == 0)
    }

    func mayDie(_ role: SimulatedProcess.Role, _ who: Int) throws(SimulatedCrash) {
        guard let armed = armed[role.rawValue] else { return }
        if armed.countdown > 0 {
            self.armed[role.rawValue]?.countdown -= 1
        } else {
            throw SimulatedCrash()
        }
    }

    func arm(_ role: SimulatedProcess.Role, countdown: Int, down: Int64) {
        armed[role.rawValue] = (countdown, down)
    }

    func moveClock(_ index: Int, by skew: Int64, until time: Int64) {
        self.skew[index] = skew
        clockFixes.append((index, time))
        if abs(skew) > DedupTiming.aheadMax.milliseconds { clocksWereOff = true }
    }

    func kill(_ process: SimulatedProcess, down: Int64) {
        tell(.crashed, process.who)
        process.died()
        end(process, down: down)
    }

    /// No more faults: what stood still goes on, what was down is started.
    private func calm() {
        isCalm = true
        inForce = [:]
        armed = [nil, nil, nil]
        for index in skew.indices { skew[index] = 0 }
        for process in processes { process.stalledUntil = min(process.stalledUntil, now) }
        for index in restarts.indices { restarts[index].at = now }
        for link in upstream.links.joined() {
            link.silentUntil = 0
            link.slowUntil = 0
            if link.isHalfOpen { link.cut(.network("cut")) }
        }
    }

    // MARK: The upstream's door

    func connect(_ stream: Int, copy: Int, minutes: Int, _ who: Int) -> ConnectAttempt {
        tell(.connected, who, Int64(stream + 1), Int64(minutes))
        let readyAt = now + 20 + Int64(random.next() % 1500)
        requestTimes.removeAll { now - $0 > 60_000 }
        requestTimes.append(now)
        if let fault = fault(.refused), fault.target == copy {
            switch Int(fault.value * 6) {
            case 0: return ConnectAttempt(readyAt: readyAt, result: .failed(.network("refused")))
            case 1: return ConnectAttempt(readyAt: .max, result: .failed(.network("never")))
            case 2: return ConnectAttempt(readyAt: readyAt, result: .answered(answer(429, readyAt), nil))
            case 3: return ConnectAttempt(readyAt: readyAt, result: .answered(answer(401, readyAt), nil))
            default: return ConnectAttempt(readyAt: readyAt, result: .answered(answer(503, readyAt), nil))
            }
        }
        let contract = DialectContract.of(plan.dialect)
        if plan.dialect == .gnip, requestTimes.count > contract.requestsMax {
            reached("request limit")
            return ConnectAttempt(readyAt: readyAt, result: .answered(answer(429, readyAt), nil))
        }
        var from = readyAt - Int64(minutes) * 60_000
        var backfill = UpstreamLink.Backfill.granted
        if minutes > 0, let fault = fault(.lyingBackfill), fault.target == copy {
            reached("backfill lied")
            switch Int(fault.value * 100) % 4 {
            case 0: from = readyAt
            case 1: from = readyAt - Int64(random.next() % UInt64(minutes * 60_000))
            case 2: backfill = .share(0.1 + 0.3 * fault.value)
            default:
                let first = Int(from / Upstream.lot) + Int(random.next() % UInt64(minutes * 100))
                backfill = .hole(first..<first + 40)
            }
        }
        let link = UpstreamLink(
            upstream,
            stream: stream,
            copy: copy,
            from: from,
            backfill: backfill,
            now: readyAt,
            random: Dice(seed: random.next())
        )
        upstream.links[stream].removeAll { $0.placeUntil <= now }
        if upstream.links[stream].count >= SimulationPlan.copies {
            reached("too many connections")
            let victim = random.next() & 1 == 0 ? link : upstream.links[stream][0]
            victim.farewell(UpstreamLines.farewells[0])
            victim.placeUntil = now
        }
        upstream.links[stream].append(link)
        return ConnectAttempt(readyAt: readyAt, result: .answered(answer(200, readyAt), link))
    }

    private func answer(_ status: Int, _ at: Int64) -> HTTPAnswer {
        var answer = HTTPAnswer(status: status) { _ in nil }
        answer.date = upstream.date(at: at)
        return answer
    }

    /// A client lets go; the server hears of it, unless the network is cut.
    func disconnected(_ link: UpstreamLink) {
        link.placeUntil = link.isHalfOpen && !link.isOver ? now + 60_000 : now
        link.cut(.byUs)
    }

    func recover(_ request: JobRequest) -> RecoveryAnswer {
        let streams = request.partition.map { [$0 - 1] } ?? Array(0..<SimulationPlan.streams)
        let isAccepted = plan.limits.accepts(request.range, at: upstream.date(at: now) + .seconds(3))
        if !isAccepted {
            reached("recovery request out of limits")
            // Only a coordinator whose own clock is wrong, and that hears no bridge, may ask for such.
            if injected[.clockJump] == nil { violate("a recovery request for \(request.range) is not acceptable") }
        }
        let answer = RecoveryAnswer(
            upstream,
            request.range,
            isAccepted: isAccepted,
            streams: streams,
            trouble: fault(.recoveryTrouble),
            mayEndEarly: !earlyEnds.contains(request.job),
            now: now,
            random: &random
        )
        if answer.hasEndedEarly {
            earlyEnds.insert(request.job)
            reached("recovery ended early")
        }
        return answer
    }

    // MARK: Telling

    func sessionName(start: Instant) -> String {
        let text = start.description.filter { $0 != "-" && $0 != ":" }
        return "\(text)-\(String(random.next() | 1 << 63, radix: 16).suffix(8))"
    }

    func tell(_ event: Story.Event, _ who: Int, _ first: Int64 = 0, _ second: Int64 = 0) {
        story.tell(event, who, first, second, time: now, step: steps)
    }

    func reached(_ state: String) { states[state, default: 0] += 1 }

    func violate(_ text: String) { violations.append("step \(steps), \(clockText(now)): \(text)") }

    /// Over every event of the run, in order.
    var hash: UInt64 { story.hash }
    /// How many events there were.
    var events: Int { story.count }

    /// The last events, for people.
    func story(_ count: Int) -> [String] { story.lines(count) }

    // MARK: Quiescence

    private struct QuietWatch {
        var ends: [Int64]
    }

    var leader: CoordinatorProcess? {
        processes.lazy.compactMap { $0 as? CoordinatorProcess }.first(where: \.isLeading)
    }

    private var nextQuietCheck: Int64 = 0

    /// Whether everything that was before the end of the faults is settled and read.
    private func isQuiet() -> Bool {
        guard now >= nextQuietCheck else { return false }
        nextQuietCheck = now + 10_000
        if let quiet {
            return quiet.ends.enumerated().allSatisfy { number, end in
                // Markers at the end are passed by the position, and not by what is committed.
                (log.committedNow(number) ?? 0) >= end || isRead(number, end)
            }
        }
        guard unsettled().isEmpty else { return false }
        quiet = QuietWatch(ends: (0..<plan.kafkaPartitions).map { log["raw", $0].end })
        return false
    }

    private func isRead(_ number: Int, _ end: Int64) -> Bool {
        let committed = max(log.committedNow(number) ?? 0, log["raw", number].start)
        guard let batch = try? log["raw", number].fetch(from: committed, .uncommitted, limit: 1) else { return false }
        return batch.records.first.map { $0.offset >= end } ?? true
    }

    /// What is not settled yet, for people.
    func unsettled() -> [String] {
        guard let leader else { return ["nobody leads"] }
        var left: [String] = []
        let end = SimulationPlan.start + .milliseconds(plan.faultsEnd)
        for gap in leader.core.gaps where gap.from < end && (!gap.state.isFinal || gap.state == .filled) {
            left.append("gap \(gap.id) is \(gap.state.rawValue)")
        }
        for job in leader.core.jobs where !job.state.isFinal { left.append("job \(job.id) is \(job.state.rawValue)") }
        let coverages = leader.core.coverages(now: leader.serverTime)
        for coverage in coverages where coverage.timeline.to < end {
            left.append("\(coverage.stream) is at \(coverage.timeline.to)")
        }
        if leader.hasRuns { left.append("a request is at work") }
        if operatorAtWork.isBusy { left.append("a rebuild is under way") }
        return left
    }

    /// Looks, now and then, whether the ledger tells of all the time that it judges.
    func judge(_ core: CoordinatorCore, now time: Instant) {
        turns += 1
        guard turns % 20 == 0 else { return }
        checkLedger(core, now: time)
    }
}

/// What becomes of a request for a stream.
struct ConnectAttempt {
    enum Result {
        case failed(TransferEnd)
        case answered(HTTPAnswer, UpstreamLink?)
    }

    var readyAt: Int64
    var result: Result
}

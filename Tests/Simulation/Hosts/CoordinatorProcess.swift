import ModelLog
import Recovery
import Tweets

/// A coordinator: the production's loop around its core, over the model's control topic.
final class CoordinatorProcess: SimulatedProcess {
    private enum Lead {
        case none
        /// Whoever led before is being fenced off.
        case registering
        /// Control is read to the mark.
        case reading(ModelLog.Producer, mark: Int64)
        case leading(ModelLog.Producer)
    }

    private let options: CoordinatorOptions
    private(set) var core: CoordinatorCore
    private var serverClock: ServerClock
    private var rate: LiveRate
    private var isCaughtUp = false
    private var nextOffset: Int64 = 0
    private var member: Int?
    private var lead = Lead.none
    /// The server's time at the last look.
    private(set) var lookedAt: Instant = SimulationPlan.start
    private var nextTurn: MonotonicInstant
    private var nextCandidacy: MonotonicInstant
    private var settlementAsked: MonotonicInstant?
    /// What one turn wants to be written, and since when; nothing else happens before it is.
    private var pending: (turn: CoordinatorTurn, since: Int64)?
    private var runs: [String: RecoveryRun] = [:]
    private let producer: SimulatedProducer

    init(_ simulation: Simulation, place: Int) {
        var options = CoordinatorOptions(
            limits: simulation.plan.limits,
            timing: LedgerTiming(slack: simulation.plan.slack),
            concurrentJobsMax: 2
        )
        // So that history is folded while the simulation looks on.
        options.foldMargin = .seconds(1200)
        options.foldStep = .seconds(600)
        self.options = options
        core = CoordinatorCore(options: options)
        serverClock = ServerClock(memory: options.timing.hearing)
        rate = LiveRate(spanMin: min(.seconds(10), simulation.plan.slack))
        producer = SimulatedProducer(simulation, .coordinator, place: place, copy: nil)
        nextTurn = MonotonicInstant(nanoseconds: 0)
        nextCandidacy = nextTurn
        super.init(simulation, .coordinator, place: place)
    }

    var isLeading: Bool {
        if case .leading = lead { true } else { false }
    }

    /// The server's time, as well as it is known.
    var serverTime: Instant { wall + serverClock.difference(at: clock, wall: wall) }

    var hasRuns: Bool { !runs.isEmpty }

    override func step() throws(SimulatedCrash) -> Int64? {
        guard !simulation.isAway(from: role, place) else { return 300 }
        takePart()
        try producer.step()
        switch lead {
        case .none:
            follow()
        case .registering:
            guard let producer = try? simulation.log.register("coordinator") else { return 100 }
            startAnew()
            lead = .reading(producer, mark: simulation.log["control", 0].end)
            return 20
        case .reading(let producer, let mark):
            follow()
            guard nextOffset >= mark else { return 50 }
            core.startLeading(at: clock)
            lead = .leading(producer)
            simulation.tell(.leads, who, mark)
            return 20
        case .leading(let producer):
            if pending != nil { return try writePending(producer) }
            follow()
            try collectRuns()
            if clock >= nextTurn {
                nextTurn = clock + simulation.plan.turnInterval
                try takeTurn(producer)
            }
        }
        return runs.isEmpty ? 700 + Int64(simulation.random.next() % 400) : 300
    }

    // MARK: The election

    private func takePart() {
        guard let member else {
            self.member = simulation.coordinators.join(host, now: Int(simulation.now))
            return
        }
        var isOwner = false
        switch simulation.coordinators.heartbeat(member, now: Int(simulation.now)) {
        case .unknown, .fenced:
            self.member = nil
        case .rebalance:
            simulation.coordinators.rejoin(member, now: Int(simulation.now))
        case .waiting:
            break
        case .steady:
            isOwner = simulation.coordinators.assignment(of: member)?.contains(0) == true
        }
        switch lead {
        case .none:
            if isOwner, clock >= nextCandidacy { lead = .registering }
        case .registering, .reading, .leading:
            if !isOwner { resign() }
        }
    }

    /// Stops acting; what is known is read anew, since memory may be ahead of control.
    private func resign() {
        simulation.tell(.resigned, who)
        lead = .none
        pending = nil
        runs = [:]
        nextCandidacy = clock + .seconds(1)
        startAnew()
    }

    private func startAnew() {
        core = CoordinatorCore(options: options)
        rate = LiveRate(spanMin: min(.seconds(10), simulation.plan.slack))
        isCaughtUp = false
        nextOffset = 0
        settlementAsked = nil
    }

    // MARK: Control

    private func follow() {
        let partition = simulation.log["control", 0]
        guard nextOffset < partition.lastStable else {
            isCaughtUp = true
            return
        }
        nextOffset = max(nextOffset, partition.start)
        while nextOffset < partition.lastStable {
            guard let batch = try? partition.fetch(from: nextOffset, .committed, limit: 1000) else { return }
            nextOffset = batch.position
            for (offset, record) in batch.records { take(record, offset) }
        }
        isCaughtUp = true
    }

    private func take(_ record: ModelRecord, _ offset: Int64) {
        guard let value = record.value else {
            if let key = ControlKey(String(decoding: record.key ?? [], as: UTF8.self)) {
                core.remove(key, offset: offset)
            }
            return
        }
        guard let control = simulation.control.stored(value)?.record else {
            simulation.violate("control holds a record that nobody wrote, at \(offset)")
            return
        }
        if case .session(let session) = control {
            rate.note(session, at: clock)
            if isCaughtUp { serverClock.note(session, at: clock) }
        }
        core.apply(control, offset: offset, arrivedAt: clock)
    }

    // MARK: One look

    private func takeTurn(_ producer: ModelLog.Producer) throws(SimulatedCrash) {
        let turn = core.turn(now: serverTime, clock: clock, surroundings())
        lookedAt = serverTime
        simulation.judge(core, now: lookedAt)
        if turn.writes.isEmpty, turn.removals.isEmpty {
            start(turn.requests)
        } else {
            pending = (turn, simulation.now)
            _ = try writePending(producer)
        }
    }

    private func surroundings() -> CoordinatorSurroundings {
        var ends: [Int: Int64] = [:]
        for partition in 0..<simulation.plan.kafkaPartitions where !simulation.isLeaderless(partition) {
            ends[partition] = simulation.log["raw", partition].end
        }
        var surroundings = CoordinatorSurroundings(rawEnds: ends)
        let isDue = settlementAsked.map { clock - $0 >= .seconds(2) } ?? true
        guard isDue, core.awaitsSettlement else { return surroundings }
        settlementAsked = clock
        var offsets: [Int: Int64] = [:]
        do throws(ModelError) {
            for partition in 0..<simulation.plan.kafkaPartitions {
                offsets[partition] = try simulation.log.committedStable(partition)
            }
        } catch {
            return surroundings
        }
        surroundings.committed = offsets.isEmpty ? .none : .offsets(offsets)
        return surroundings
    }

    private func writePending(_ producer: ModelLog.Producer) throws(SimulatedCrash) -> Int64 {
        guard let (turn, since) = pending else { return 50 }
        try simulation.mayDie(.coordinator, who)
        do throws(ModelError) {
            guard !simulation.log.isCompleting(producer) else { throw .pending }
            for record in turn.writes {
                let value = simulation.control.add(record)
                try write(record.key, value, producer)
            }
            for key in turn.removals { try write(key, nil, producer) }
        } catch {
            // Markers are late: asked again for a while. Anything else: somebody else leads.
            if error != .pending || simulation.now - since > 10_000 { resign() }
            return 100
        }
        try simulation.mayDie(.coordinator, who)
        do throws(ModelError) {
            try simulation.log.end(producer, isCommit: true)
            simulation.decided()
        } catch {
            resign()
            return 100
        }
        try simulation.mayDie(.coordinator, who)
        pending = nil
        for record in turn.writes { told(record) }
        start(turn.requests)
        return 100
    }

    private func write(_ key: ControlKey, _ value: [UInt8]?, _ producer: ModelLog.Producer) throws(ModelError) {
        let record = ModelRecord(key: Array(key.text.utf8), value: value)
        try simulation.log.produce(record, to: "control", 0, by: producer, now: Int(simulation.now))
    }

    private func told(_ record: ControlRecord) {
        switch record {
        case .gap(let gap):
            simulation.reached(StatesToReach.name(gap.state))
            let from = gap.from.milliseconds - SimulationPlan.start.milliseconds
            let state = GapRecord.State.allCases.firstIndex(of: gap.state) ?? 0
            simulation.tell(.gap, who, Int64(state), from)
        case .job(let job):
            simulation.reached(StatesToReach.name(job.state))
            let state = JobRecord.State.allCases.firstIndex(of: job.state) ?? 0
            simulation.tell(.job, who, Int64(state), job.from.milliseconds - SimulationPlan.start.milliseconds)
        case .loss: simulation.reached("loss")
        case .ledger: simulation.reached("ledger")
        case .session, .claim, .census, .topics: break
        }
    }

    // MARK: Requests

    private func start(_ requests: [JobRequest]) {
        for request in requests {
            simulation.tell(.request, who, request.range.from.milliseconds - SimulationPlan.start.milliseconds)
            runs[request.job] = RecoveryRun(
                simulation,
                request,
                producer: producer,
                clock: clock,
                wall: wall
            )
        }
    }

    private func collectRuns() throws(SimulatedCrash) {
        guard !runs.isEmpty else { return }
        let share = max(100, 3 * rate.perSecond(at: clock)) / Double(max(1, runs.count))
        for job in runs.keys.sorted() {
            guard let run = runs[job] else { continue }
            let outcome = run.step(clock: clock, wall: wall, rate: share)
            core.progressed(job, run.progress, now: serverTime)
            try simulation.mayDie(.coordinator, who)
            guard let outcome else { continue }
            runs[job] = nil
            core.ended(job, outcome, now: serverTime, clock: clock)
            simulation.tell(.requestEnded, who, run.progress.received, run.progress.acknowledged)
        }
    }
}

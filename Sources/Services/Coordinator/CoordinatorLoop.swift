import Kafka
import Logging
import Operations
import Recovery
import Tweets

/// The coordinator's one thread: follows control, takes part in the election, and acts while it leads.
final class CoordinatorLoop {
    let environment: CoordinatorEnvironment
    let desk: CoordinatorDesk
    let metrics: CoordinatorMetrics
    let board: StatusBoard
    var follower: ControlFollower
    var lead: Lead?
    private let partitionCount: Int
    private let election: LeaderElection
    private var nextTurn: MonotonicInstant
    private var nextCandidacy: MonotonicInstant
    private var logged: [String: GapRecord.State] = [:]
    private var isClockWrong = false
    /// The census in order, as of a revision: sorting a week of it at every look would be most of the work.
    private var census: (revision: Int, records: [CensusRecord])?

    /// What a leader has besides.
    struct Lead {
        var term: Int
        var writer: ControlWriter
        var probe: RawTopicProbe
        var runs: [String: JobRun] = [:]
        /// What operators want once a job's request has ended.
        var afterStop: [String: CoordinatorDesk.Wish] = [:]
        var settlementAsked: MonotonicInstant?
    }

    private var logger: Logger { environment.logger }

    /// How long a stop waits for the requests at work.
    static let stopLimit: Duration = .seconds(5)

    /// Joins the group and begins to follow.
    ///
    /// - Throws: ``ExitError`` where Kafka cannot be reached or the topics are not there.
    init(
        _ environment: CoordinatorEnvironment,
        desk: CoordinatorDesk,
        metrics: CoordinatorMetrics,
        board: StatusBoard
    ) throws {
        self.environment = environment
        self.desk = desk
        self.metrics = metrics
        self.board = board
        partitionCount = try TopicCheck.requireTopics(
            environment.names,
            properties: environment.kafka,
            recordedBy: environment.instance,
            observer: .logging(to: environment.logger)
        )
        try environment.transfer.open()
        follower = try ControlFollower(environment, metrics: metrics)
        election = try LeaderElection(
            environment.kafka,
            names: environment.names,
            observer: .logging(to: environment.logger)
        )
        nextTurn = environment.clock()
        nextCandidacy = nextTurn
    }

    /// Runs until the desk says stop.
    func run() throws {
        defer {
            stopRuns()
            // Records that are still on their way belong to jobs that will ask for them again.
            _ = environment.transfer.close()
            election.close()
            desk.close()
        }
        board.isStarted()
        while !desk.isStopping {
            try election.poll()
            if let lead, election.term != lead.term { resign("another coordinator leads now") }
            let now = environment.clock()
            if lead == nil, let term = election.term, now >= nextCandidacy { takeTheLead(term) }
            try follow()
            takeUpWishes()
            collectRuns()
            if environment.clock() >= nextTurn {
                nextTurn = environment.clock() + environment.turnInterval
                try takeTurn()
            }
        }
    }

    // MARK: Leading

    private func takeTheLead(_ term: Int) {
        do throws(KafkaError) {
            let observer = KafkaObserver.logging(to: logger)
            // Whoever led before is fenced off first: only then is what control says the last word.
            let writer = try ControlWriter(
                environment.kafka,
                names: environment.names,
                observer: observer,
                timeout: .seconds(10)
            )
            let probe = try RawTopicProbe(
                environment.kafka,
                names: environment.names,
                partitionCount: partitionCount,
                observer: observer
            )
            let mark = try probe.end(of: KafkaPartition(topic: environment.names.control, partition: 0))
            follower = try ControlFollower(environment, metrics: metrics, serverClock: follower.serverClock)
            census = nil
            while follower.nextOffset < mark {
                try follower.read(timeout: .milliseconds(200))
                try election.poll()
                if desk.isStopping || election.term != term { return }
            }
            follower.core.startLeading(at: environment.clock())
            lead = Lead(term: term, writer: writer, probe: probe)
            board.setProblem("lead", nil)
            logger.info("This coordinator leads.", metadata: [LogKey.offset: "\(mark)"])
        } catch {
            logger.warning(
                "The lead could not be taken; it is tried again.",
                metadata: [LogKey.error: "\(error)", LogKey.next: "1s"]
            )
            board.setProblem("lead", "it cannot be taken: \(error.granting(.coordinator))")
            nextCandidacy = environment.clock() + .seconds(1)
        }
    }

    /// Stops acting; what is known is read anew, since memory may be ahead of control.
    private func resign(_ reason: String) {
        // Nobody may be told that two lead, not even until the next look.
        desk.view.isLeading = false
        logger.warning("This coordinator no longer leads.", metadata: [LogKey.reason: "\(reason)"])
        stopRuns()
        lead = nil
        board.setProblem("lead", nil)
        nextCandidacy = environment.clock() + .seconds(1)
        if let fresh = try? ControlFollower(environment, metrics: metrics, serverClock: follower.serverClock) {
            follower = fresh
            census = nil
        }
    }

    private func follow() throws {
        do throws(KafkaError) {
            try follower.read(timeout: min(.milliseconds(100), environment.turnInterval / 2))
        } catch {
            guard error.isFatal else {
                throw ExitError(
                    .configuration,
                    "The topic \(environment.names.control) cannot be read: \(error). Check it with 'decahose topics check'."
                )
            }
            resign("the reader of control failed: \(error)")
        }
    }

    // MARK: One look

    /// The server's time, as well as it is known: windows and deadlines are the upstream's.
    var serverTime: Instant {
        let wall = environment.wall()
        return wall + follower.serverClock.difference(at: environment.clock(), wall: wall)
    }

    private func takeTurn() throws {
        let began = environment.clock()
        let wall = environment.wall()
        let skew = follower.serverClock.difference(at: began, wall: wall)
        let now = wall + skew
        tell(skew: skew)
        if lead != nil {
            let turn = follower.core.turn(now: now, clock: began, surroundings(at: began))
            do {
                try write(turn)
                for request in turn.requests { start(request) }
                setRates(at: began)
            } catch let error as KafkaError {
                resign("a write to control failed: \(error)")
            }
            tell(turn)
        }
        show(now: now, clock: began, skew: skew)
        metrics.turns.record(microseconds: (environment.clock() - began).nanoseconds / 1000)
    }

    private func surroundings(at clock: MonotonicInstant) -> CoordinatorSurroundings {
        guard var lead else { return CoordinatorSurroundings() }
        var surroundings = CoordinatorSurroundings(rawEnds: lead.probe.rawEnds())
        let isDue = lead.settlementAsked.map { clock - $0 >= .seconds(2) } ?? true
        if isDue, follower.core.awaitsSettlement {
            surroundings.committed = lead.probe.committed()
            lead.settlementAsked = clock
            self.lead = lead
        }
        return surroundings
    }

    private func write(_ turn: CoordinatorTurn) throws {
        guard let lead, !(turn.writes.isEmpty && turn.removals.isEmpty) else { return }
        var records: [(key: ControlKey, value: [UInt8]?)] = []
        for record in turn.writes { records.append((record.key, try ControlCodec.encode(record))) }
        for key in turn.removals { records.append((key, nil)) }
        try lead.writer.write(records, timeout: .seconds(10))
    }

    private func show(now: Instant, clock: MonotonicInstant, skew: Duration) {
        let core = follower.core
        let streams = Set(environment.streams).union(core.fold.streams)
        let view = CoordinatorView(
            isLeading: lead != nil,
            at: now,
            gaps: core.gaps,
            jobs: core.jobs,
            coverages: core.coverages(now: now),
            live: Dictionary(
                uniqueKeysWithValues: streams.map { ($0, core.fold.liveConnections(of: $0, at: clock)) }
            ),
            sessions: core.fold.sessionRecords,
            census: sortedCensus(core.fold),
            recoveryRate: recoveryRate(at: clock),
            liveRate: follower.rate.perSecond(at: clock),
            slack: environment.options.timing.slack,
            clockSkew: skew,
            recoveryWindow: environment.options.limits.window
        )
        desk.view = view
        metrics.show(view)
        board.setProblem("election", election.refusal.map { "the group of the coordinators cannot be joined: \($0)" })
        let settlement = lead?.probe.refusal.map { "how far dedup is cannot be seen, so no gap settles: \($0)" }
        board.setProblem("settlement", settlement)
        board.setProblem("recovery", lead == nil ? nil : environment.transfer.problem)
    }

    private func sortedCensus(_ fold: LedgerFold) -> [CensusRecord] {
        if let census, census.revision == fold.censusRevision { return census.records }
        let records = fold.censusRecords
        census = (fold.censusRevision, records)
        return records
    }

    /// Says that this host's clock is wrong, and when it is right again; the server's is what is judged by meanwhile.
    private func tell(skew: Duration) {
        let isWrong = skew != .zero
        guard isWrong != isClockWrong else { return }
        isClockWrong = isWrong
        guard isWrong else {
            logger.info("This host's clock agrees with the upstream's again.")
            return
        }
        logger.error(
            "This host's clock is wrong; the upstream's is used instead. Set the time of the host (chrony, ntpd).",
            metadata: [LogKey.duration: "\(skew.inSeconds) s"]
        )
    }

    /// Says what changed in the life of gaps, a line each.
    private func tell(_ turn: CoordinatorTurn) {
        for case .gap(let gap) in turn.writes where logged[gap.id] != gap.state {
            logged[gap.id] = gap.state
            logger.log(
                level: gap.state == .unrecoverable || gap.state == .partial ? .error : .info,
                "A gap is \(gap.state.rawValue).",
                metadata: [
                    LogKey.gap: "\(gap.id)", LogKey.stream: "\(gap.stream)", LogKey.interval: "\(gap.range)",
                    LogKey.reason: "\(gap.reason ?? gap.source.rawValue)",
                ]
            )
        }
    }
}

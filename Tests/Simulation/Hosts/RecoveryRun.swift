import Ingest
import Recovery
import Tweets

/// One recovery request at work, as the production's `RecoveryRequestRun` makes it.
final class RecoveryRun {
    private(set) var progress = BackfillProgress()
    private unowned let simulation: Simulation
    private let request: JobRequest
    private let answer: RecoveryAnswer
    private let producer: SimulatedProducer
    private var pipeline: SimulatedPipeline?
    private var verdict: BackfillOutcome?
    /// How it ended; until everything is acknowledged nobody is told.
    private var outcome: BackfillOutcome?
    private var steppedAt: MonotonicInstant
    private var reportedAt: MonotonicInstant

    init(
        _ simulation: Simulation,
        _ request: JobRequest,
        producer: SimulatedProducer,
        clock: MonotonicInstant,
        wall: Instant
    ) {
        self.simulation = simulation
        self.request = request
        self.producer = producer
        answer = simulation.recover(request)
        steppedAt = clock
        reportedAt = clock
    }

    /// Goes on a little; the outcome once all is acknowledged.
    func step(clock: MonotonicInstant, wall: Instant, rate: Double) -> BackfillOutcome? {
        defer { steppedAt = clock }
        guard simulation.now >= answer.headAt else { return nil }
        if let refusal = answer.refusal { return refusal }
        if outcome == nil {
            let pipeline = pipeline ?? open(clock, wall)
            let count = max(1, Int(rate * Double((clock - steppedAt).milliseconds) / 1000))
            let (bytes, end) = answer.pull(min(count, 1000))
            bytes.withUnsafeBytes { pipeline.consume($0, received: wall) }
            if clock >= reportedAt + .seconds(1) {
                reportedAt = clock
                _ = pipeline.coverage.advance(to: clock)
                progress = settled(pipeline, isOver: false)
            }
            outcome = end.map { outcome(of: $0, pipeline) }
            if outcome != nil { pipeline.finish(now: clock) }
        }
        guard let pipeline, let outcome else { return nil }
        let last = settled(pipeline, isOver: true)
        guard pipeline.coverage.isSettled else { return nil }
        progress = last
        producer.giveBack(pipeline.lane)
        return outcome
    }

    private func open(_ clock: MonotonicInstant, _ wall: Instant) -> SimulatedPipeline {
        let lane = producer.takeLane()
        let coverage = SessionCoverage(
            rule: CoverageRule(slack: simulation.plan.slack),
            carriesTweets: true,
            serverDate: simulation.upstream.date(at: simulation.now),
            openedAt: clock,
            backfillAsked: false,
            recovering: request.range,
            acknowledged: { slot in lane.withState { $0.slots[slot] } }
        )
        let pipeline = SimulatedPipeline(
            producer: producer,
            lane: lane,
            header: RecordHeader(
                connection: "coordinator",
                partition: request.partition ?? 0,
                source: .recovery,
                session: simulation.sessionName(start: wall),
                job: request.job
            ),
            backfillBefore: nil,
            coverage: coverage
        )
        self.pipeline = pipeline
        return pipeline
    }

    private func outcome(of end: TransferEnd, _ pipeline: SimulatedPipeline) -> BackfillOutcome {
        for notice in pipeline.notices {
            switch notice {
            case .recoveryCompleted: verdict = .completed
            case .recoveryIncomplete(let minutes): verdict = .minutesFailed(minutes)
            case .recoveryFailed(let rest): verdict = .unprocessed(rest ?? request.range)
            case .tooManyConnections(let text), .fullBuffer(let text), .operationalDisconnect(let text),
                .disconnect(let text):
                verdict = .broken(text)
            case .notice: break
            }
        }
        if let verdict { return verdict }
        if case .network(let text) = end { return .broken(text) }
        return .endedInOrder
    }

    private func settled(_ pipeline: SimulatedPipeline, isOver: Bool) -> BackfillProgress {
        let (counts, offsets) = pipeline.settle(isOver: isOver)
        return BackfillProgress(
            received: pipeline.counts.messages,
            acknowledged: counts.acknowledged,
            frontier: pipeline.coverage.frontier,
            newest: pipeline.coverage.newestCounted,
            offsets: offsets,
            lost: pipeline.coverage.holes,
            silent: pipeline.coverage.silentMinutes
        )
    }
}

import Ingest
import Kafka
import Operations
import Recovery
import Settings
import StreamClient
import Tweets

/// One recovery request, from the GET to the last acknowledgement, through the same pipeline as the live streams.
///
/// ```swift
/// let run = RecoveryRequestRun(stream: settings, sink: sink, lineBytesMax: 1 << 20, stop: stop)
/// let outcome = try await BlockingThread.run(named: "job") {
///     run.run(range, of: partition, job: id, throttle: { count, meanwhile in limit.wait(count, meanwhile) }, progress: { report($0) })
/// }
/// ```
struct RecoveryRequestRun: Sendable {
    private let stream: StreamSettings
    private let sink: RecordSink
    private let lineBytesMax: Int
    private let stop: StopSignal

    /// What all requests of a process share.
    ///
    /// - Parameters:
    ///   - stream: The upstream and the credentials, which are read again at every request.
    ///   - sink: Where records go; connected.
    ///   - lineBytesMax: Longer lines go to the deadletter topic, in bytes.
    ///   - stop: Ends the request.
    init(stream: StreamSettings, sink: RecordSink, lineBytesMax: Int, stop: StopSignal) {
        self.stream = stream
        self.sink = sink
        self.lineBytesMax = lineBytesMax
        self.stop = stop
    }

    /// Makes the request and blocks until it is over and everything that it brought is acknowledged and reported.
    ///
    /// - Parameters:
    ///   - range: Event time, aligned as the dialect wants it.
    ///   - partition: The stream partition; gnip delivers all of them whatever it says.
    ///   - job: The job's ID, for the records' header.
    ///   - throttle: Called with the number of records after each piece; blocks to limit the rate, and calls what it is given
    ///     several times a second meanwhile.
    ///   - progress: Called once a second and at the end, on this thread.
    func run(
        _ range: EventInterval,
        of partition: StreamPartition,
        job: String,
        throttle: ((Int, () -> Void) -> Void)?,
        progress: @escaping (BackfillProgress) -> Void
    ) -> BackfillOutcome {
        guard let generation = sink.generation() else { return .broken("Kafka is not connected yet") }
        guard let lane = sink.lanes.take() else { return .broken("too many sessions and jobs wait for Kafka") }
        lane.begin(kafkaPartitions: Int(generation.raw.partitionCount))
        let waker = TransferWaker()
        stop.wakes(waker)
        defer { stop.forget(waker) }
        let transfer: StreamTransfer
        let secrets: SecretTexts
        do {
            let request = try request(range, partition)
            secrets = SecretTexts(request)
            transfer = try StreamTransfer(request, waker: waker)
        } catch {
            sink.lanes.giveBack(lane)
            return .broken("\(error)")
        }
        let walk = RecoveryWalk(
            range: range,
            sink: sink,
            generation: generation,
            lane: lane,
            secrets: secrets,
            header: RecordHeader(
                connection: "coordinator",
                partition: endpoint.contract.recoveryCoversAllPartitions ? 0 : partition.number,
                source: .recovery,
                session: SessionName.make(start: WallClock.now()),
                job: job
            ),
            rule: CoverageRule(slack: stream.deliverySlack),
            lineBytesMax: lineBytesMax,
            throttle: throttle,
            progress: progress,
            isStopped: { [stop] in stop.isSet }
        )
        var outcome: BackfillOutcome?
        var stall = StallDetector(
            heartbeatTimeout: stream.heartbeatTimeout,
            silenceTimeout: nil,
            now: MonotonicClock.now() + ConnectionStateMachine.connectTimeout
        )
        while outcome == nil {
            let end = transfer.poll(timeout: .milliseconds(250)) { event in
                stall.received(at: MonotonicClock.now())
                return walk.take(event)
            }
            let now = MonotonicClock.now()
            if walk.hasPaused() { stall.resumed(at: now) }
            walk.report(ifDueAt: now)
            outcome = walk.outcome(of: end)
            if outcome == nil, stop.isSet { outcome = .stopped }
            if outcome == nil, stall.verdict(at: now) != .alive {
                outcome = .broken("not even a heartbeat for \(stream.heartbeatTimeout.forPeople)")
            }
        }
        let isSettled = walk.drain()
        if isSettled { sink.lanes.giveBack(lane) } else { return .stopped }
        return outcome ?? .stopped
    }

    private var endpoint: StreamEndpoint { stream.endpoint }

    private func request(_ range: EventInterval, _ partition: StreamPartition) throws -> StreamRequest {
        try stream.request(url: endpoint.recoveryURL(range: range, partition: partition.number))
    }
}

/// What one recovery request's answer turns into.
private final class RecoveryWalk {
    /// How often progress is reported.
    private static let reportEvery: Duration = .seconds(1)

    private let sink: RecordSink
    private let generation: ProducerGeneration
    private let lane: AcknowledgementLane
    private let secrets: SecretTexts
    private let range: EventInterval
    private let header: RecordHeader
    private let rule: CoverageRule
    private let lineBytesMax: Int
    private let throttle: ((Int, () -> Void) -> Void)?
    private let progress: (BackfillProgress) -> Void
    private let isStopped: () -> Bool
    private var reportedAt = MonotonicClock.now()
    /// Whether the limit of the rate held the reading back since this was last asked.
    private var wasHeldBack = false
    private var answer: HTTPAnswer?
    private var errorBody = ErrorBody()
    private var pipeline: IngestPipeline?
    private var inflateError: InflateError?
    private var verdict: BackfillOutcome?

    init(
        range: EventInterval,
        sink: RecordSink,
        generation: ProducerGeneration,
        lane: AcknowledgementLane,
        secrets: SecretTexts,
        header: RecordHeader,
        rule: CoverageRule,
        lineBytesMax: Int,
        throttle: ((Int, () -> Void) -> Void)?,
        progress: @escaping (BackfillProgress) -> Void,
        isStopped: @escaping () -> Bool
    ) {
        self.range = range
        self.sink = sink
        self.generation = generation
        self.lane = lane
        self.secrets = secrets
        self.header = header
        self.rule = rule
        self.lineBytesMax = lineBytesMax
        self.throttle = throttle
        self.progress = progress
        self.isStopped = isStopped
    }

    /// - Returns: Whether the transfer goes on.
    func take(_ event: TransferEvent) -> Bool {
        switch event {
        case .head(let head):
            let answer = HTTPAnswer(status: head.status, localNow: WallClock.now()) { head.header($0) }
            self.answer = answer
            if answer.isStream { open(answer) }
            return true
        case .body(let bytes):
            guard let pipeline else {
                errorBody.append(bytes)
                return true
            }
            do {
                // What waits in the socket would come without any limit once nobody holds it back.
                return try pipeline.consume(bytes) && !isStopped()
            } catch {
                inflateError = error
                return false
            }
        }
    }

    private func open(_ answer: HTTPAnswer) {
        let coverage = SessionCoverage(
            rule: rule,
            carriesTweets: true,
            serverDate: answer.date,
            openedAt: MonotonicClock.now(),
            backfillAsked: false,
            recovering: range,
            acknowledged: { [lane] slot in lane.withState { $0.slots[slot] } }
        )
        let pipeline = IngestPipeline(
            sink: sink,
            generation: generation,
            lane: lane,
            marking: .init(header: header, backfillBefore: nil),
            coverage: coverage,
            isGzip: answer.isGzip,
            lineBytesMax: lineBytesMax
        )
        pipeline.throttle = { [unowned self] in holdBack($0) }
        pipeline.whilePaused = { [isStopped] in !isStopped() }
        self.pipeline = pipeline
    }

    /// A piece of the body can hold a minute's worth of the rate: what comes of it is told while it is held back.
    private func holdBack(_ records: Int) {
        guard let throttle else { return }
        throttle(records) {
            wasHeldBack = true
            report(ifDueAt: MonotonicClock.now())
        }
        report(ifDueAt: MonotonicClock.now())
    }

    /// Whether reading waited, for Kafka or for the rate, since the last call.
    func hasPaused() -> Bool {
        defer {
            wasHeldBack = false
            pipeline?.hasPaused = false
        }
        return wasHeldBack || pipeline?.hasPaused ?? false
    }

    /// Tells what was brought so far, once a second.
    func report(ifDueAt now: MonotonicInstant) {
        guard now >= reportedAt + Self.reportEvery else { return }
        reportedAt = now
        guard let pipeline else { return }
        _ = pipeline.coverage.advance(to: now)
        progress(settled(pipeline, isOver: false))
    }

    /// What the end of the transfer, or a word of the server's, means; nil while it goes on.
    func outcome(of end: TransferProgress) -> BackfillOutcome? {
        for notice in pipeline?.notices ?? [] {
            switch notice {
            case .recoveryCompleted: verdict = .completed
            case .recoveryIncomplete(let minutes): verdict = .minutesFailed(minutes)
            case .recoveryFailed(let rest): verdict = .unprocessed(rest ?? range)
            case .tooManyConnections(let text), .fullBuffer(let text), .operationalDisconnect(let text),
                .disconnect(let text):
                verdict = .broken(text)
            case .notice: break
            }
        }
        pipeline?.notices = []
        guard end != .ongoing else { return nil }
        if let answer, !answer.isStream {
            return .http(
                status: answer.status,
                detail: errorBody.text(isGzip: answer.isGzip, without: secrets),
                retryAfter: answer.asksToWait
            )
        }
        if let verdict { return verdict }
        if let inflateError { return .broken("\(inflateError)") }
        switch end {
        case .ongoing: return nil
        case .finished: return pipeline?.isTruncated == true ? .broken("the gzip stream was cut") : .endedInOrder
        case .cancelled: return .stopped
        case .failed(let error): return .broken("\(error)")
        }
    }

    /// Waits until everything is acknowledged.
    ///
    /// - Returns: Whether it is; false where the role must end first.
    func drain() -> Bool {
        guard let pipeline else { return true }
        pipeline.finish(now: MonotonicClock.now())
        var reported = settled(pipeline, isOver: true)
        let deadline = MonotonicClock.now() + BridgeLimits.recoveryDrain
        while !pipeline.coverage.isSettled {
            if isStopped(), MonotonicClock.now() >= deadline { return false }
            pauseThread(milliseconds: 10)
            reported = settled(pipeline, isOver: true)
        }
        progress(reported)
        return true
    }

    private func settled(_ pipeline: IngestPipeline, isOver: Bool) -> BackfillProgress {
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

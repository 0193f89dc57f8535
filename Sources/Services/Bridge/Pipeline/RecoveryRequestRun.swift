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
///     run.run(range, of: partition, job: id, throttle: { count in limit.wait(count) }, progress: { report($0) })
/// }
/// ```
struct RecoveryRequestRun: Sendable {
    /// How often progress is reported.
    private static let progressEvery: Duration = .seconds(1)

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
    ///   - throttle: Called with the number of records after each piece; blocks to limit the rate.
    ///   - progress: Called once a second and at the end, on this thread.
    func run(
        _ range: EventInterval,
        of partition: StreamPartition,
        job: String,
        throttle: ((Int) -> Void)?,
        progress: (BackfillProgress) -> Void
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
            isStopped: { [stop] in stop.isSet }
        )
        var outcome: BackfillOutcome?
        var reportedAt = MonotonicClock.now()
        var stall = StallDetector(
            heartbeatTimeout: stream.heartbeatTimeout,
            silenceTimeout: nil,
            now: reportedAt + ConnectionStateMachine.connectTimeout
        )
        while outcome == nil {
            let end = transfer.poll(timeout: .milliseconds(250)) { event in
                stall.received(at: MonotonicClock.now())
                return walk.take(event)
            }
            let now = MonotonicClock.now()
            if walk.hasPaused() { stall.resumed(at: now) }
            if now >= reportedAt + Self.progressEvery {
                progress(walk.progress(now: now))
                reportedAt = now
            }
            outcome = walk.outcome(of: end, range: range)
            if outcome == nil, stop.isSet { outcome = .stopped }
            if outcome == nil, stall.verdict(at: now) != .alive {
                outcome = .broken("not even a heartbeat for \(stream.heartbeatTimeout.forPeople)")
            }
        }
        let isSettled = walk.drain(progress)
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
    private let sink: RecordSink
    private let generation: ProducerGeneration
    private let lane: AcknowledgementLane
    private let secrets: SecretTexts
    private let header: RecordHeader
    private let rule: CoverageRule
    private let lineBytesMax: Int
    private let throttle: ((Int) -> Void)?
    private let isStopped: () -> Bool
    private var answer: HTTPAnswer?
    private var errorBody = ErrorBody()
    private var pipeline: IngestPipeline?
    private var inflateError: InflateError?
    private var verdict: BackfillOutcome?

    init(
        sink: RecordSink,
        generation: ProducerGeneration,
        lane: AcknowledgementLane,
        secrets: SecretTexts,
        header: RecordHeader,
        rule: CoverageRule,
        lineBytesMax: Int,
        throttle: ((Int) -> Void)?,
        isStopped: @escaping () -> Bool
    ) {
        self.sink = sink
        self.generation = generation
        self.lane = lane
        self.secrets = secrets
        self.header = header
        self.rule = rule
        self.lineBytesMax = lineBytesMax
        self.throttle = throttle
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
                return try pipeline.consume(bytes)
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
        pipeline.throttle = throttle
        pipeline.whilePaused = { [isStopped] in !isStopped() }
        self.pipeline = pipeline
    }

    /// Whether reading waited for Kafka since the last call.
    func hasPaused() -> Bool {
        guard let pipeline else { return false }
        defer { pipeline.hasPaused = false }
        return pipeline.hasPaused
    }

    func progress(now: MonotonicInstant) -> BackfillProgress {
        guard let pipeline else { return BackfillProgress() }
        _ = pipeline.coverage.advance(to: now)
        return settled(pipeline, isOver: false)
    }

    /// What the end of the transfer, or a word of the server's, means; nil while it goes on.
    func outcome(of end: TransferProgress, range: EventInterval) -> BackfillOutcome? {
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
    func drain(_ progress: (BackfillProgress) -> Void) -> Bool {
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
            lost: pipeline.coverage.holes
        )
    }
}

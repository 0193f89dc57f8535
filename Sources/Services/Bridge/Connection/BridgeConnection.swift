import Ingest
import Logging
import Operations
import Recovery
import Settings
import StreamClient
import Synchronization
import Tweets

/// One stream partition of a bridge: its connection, one session after the other, on one thread.
///
/// The state machine decides; this moves bytes and asks the clock. Everything that happens once a second (counting
/// acknowledgements, the session's record, the look at twins) happens here too, also while Kafka takes nothing.
final class BridgeConnection {
    private let context: BridgeContext
    private let stream: StreamPartition
    private let metrics: BridgeMetrics
    private var log: ConnectionLog
    private let waker = TransferWaker()
    private var machine: ConnectionStateMachine
    private var delay: ReadingDelay
    private var volume = StreamVolume()
    private var transfer: StreamTransfer?
    /// The present or last request without its address; nil where its secrets could not be read.
    private var request: StreamRequest?
    private var secrets: SecretTexts?
    private var answer: HTTPAnswer?
    private var errorBody = ErrorBody()
    private var session: BridgeSession?
    /// Sessions that are closed and wait for their last acknowledgements.
    private var draining: [BridgeSession] = []
    private var askedMinutes = 0
    private var inflateError: InflateError?
    /// The server's time at the last answer, and that by the clock that does not jump.
    private var dated: (server: Instant, at: MonotonicInstant)?
    private var nextSecond: MonotonicInstant
    private var tweetsSeen: Int64 = 0
    private var lastFailure: ConnectionLog.Failure?

    init(context: BridgeContext, stream: StreamPartition) {
        self.context = context
        self.stream = stream
        metrics = BridgeMetrics(context.metrics, connection: context.settings.connection, stream: stream)
        var logger = context.logger
        logger[metadataKey: LogKey.connection] = "\(context.settings.connection)"
        logger[metadataKey: LogKey.stream] = "\(stream)"
        log = ConnectionLog(logger, settings: context.settings.stream)
        delay = ReadingDelay(now: MonotonicClock.now())
        machine = ConnectionStateMachine(
            heartbeatTimeout: context.settings.stream.heartbeatTimeout,
            silenceTimeout: stream.product.carriesTweets ? context.settings.stream.silenceTimeout : nil
        )
        nextSecond = MonotonicClock.now() + .seconds(1)
        context.stop.wakes(waker)
    }

    /// Runs until the bridge stops and everything that was read is acknowledged, or the time for that is over.
    func run() {
        while !isOver {
            if context.stop.isSet, machine.state != .stopped { stop() }
            let now = MonotonicClock.now()
            let action = context.budget.withLock { machine.tick(now: now, budget: &$0) }
            switch action {
            case .none: break
            case .connect: connect()
            case .disconnect(let reason):
                log.stalled(reason, now: now)
                end(.byUs)
            }
            if transfer != nil { move() } else { wait() }
            everySecond()
        }
        context.stop.forget(waker)
    }

    /// Whether there is nothing left to do.
    private var isOver: Bool {
        guard machine.state == .stopped else { return false }
        return draining.isEmpty || context.drainDeadline.map { ContinuousClock.now >= $0 } == true
    }

    private func stop() {
        let action = machine.stop(context.refused == nil ? .shutdown : .takenOver)
        if case .disconnect = action { end(.byUs) }
    }

    // MARK: A transfer

    private func connect() {
        answer = nil
        errorBody = ErrorBody()
        inflateError = nil
        let settings = context.settings.stream
        let endpoint = settings.endpoint
        askedMinutes =
            settings.backfill && stream.product.carriesTweets
            ? BackfillSizing.minutes(
                now: serverTime(at: MonotonicClock.now()),
                rightEnd: context.control.read { $0.rightEnd(of: stream) },
                isFirstStart: context.control.read { !$0.isKnown(stream) },
                limit: endpoint.contract.backfillMinutesMax
            ) : 0
        let url = endpoint.liveURL(partition: stream.number, backfillMinutes: askedMinutes)
        request = nil
        do {
            let request = try settings.request(url: url)
            self.request = request
            secrets = SecretTexts(request)
            transfer = try StreamTransfer(request, waker: waker)
        } catch let error as TransferError {
            end(TransferEnd(error, settings: settings))
        } catch {
            end(.setup("\(error)"))
        }
    }

    /// Moves bytes for a while.
    private func move() {
        guard let transfer else { return }
        let now = MonotonicClock.now()
        let until = min(machine.wakeAt ?? nextSecond, nextSecond)
        let progress = transfer.poll(timeout: max(.zero, until - now)) { take($0) }
        delay.waited(now: MonotonicClock.now())
        noteProgress()
        switch progress {
        case .ongoing:
            break
        case .finished:
            end(ordinaryEnd)
        case .cancelled:
            if let inflateError {
                end(.badEncoding("\(inflateError)"))
            } else if context.stop.isSet {
                stop()
            } else {
                end(.network("too many earlier sessions wait for Kafka"))
            }
        case .failed(let error):
            let isRefusal = answer.map { !$0.isStream } ?? false
            end(isRefusal ? ordinaryEnd : TransferEnd(error, settings: context.settings.stream))
        }
    }

    /// What the end of an answer means that came to its end.
    private var ordinaryEnd: TransferEnd {
        guard let answer, !answer.isStream else {
            return session?.pipeline.isTruncated == true
                ? .network("the stream was cut inside a gzip member") : .serverClosed
        }
        let excerpt = secrets.map { errorBody.text(isGzip: answer.isGzip, without: $0) } ?? ""
        return .http(answer, excerpt: answer.isPage ? "" : excerpt)
    }

    /// - Returns: Whether the transfer goes on.
    private func take(_ event: TransferEvent) -> Bool {
        switch event {
        case .head(let head):
            let answer = HTTPAnswer(status: head.status, localNow: WallClock.now()) { head.header($0) }
            self.answer = answer
            // Also of a refusal: the first request after a start knows no other clock than ours.
            if let date = answer.date { dated = (date, MonotonicClock.now()) }
            if machine.answered(answer, now: MonotonicClock.now()) { return open(answer) }
            return true
        case .body(let bytes):
            guard let session else {
                errorBody.append(bytes)
                return true
            }
            let now = MonotonicClock.now()
            delay.begin(now: now)
            session.pipeline.coverage.received(at: now, delay: delay.delay)
            machine.received(tweets: 0, now: now)
            defer { delay.end(now: MonotonicClock.now()) }
            do {
                return try session.pipeline.consume(bytes)
            } catch {
                inflateError = error
                return false
            }
        }
    }

    /// Tells the machine what a poll has brought.
    private func noteProgress() {
        guard let session else { return }
        let now = MonotonicClock.now()
        if session.pipeline.hasPaused {
            session.pipeline.hasPaused = false
            machine.resumed(now: now)
        }
        let tweets = session.pipeline.counts.tweets
        if tweets > tweetsSeen { machine.received(tweets: Int(tweets - tweetsSeen), now: now) }
        tweetsSeen = tweets
        for notice in session.pipeline.notices {
            machine.noticed(notice)
            log.noticed(notice, now: now)
        }
        session.pipeline.notices = []
    }

    // MARK: Sessions

    private func open(_ answer: HTTPAnswer) -> Bool {
        let wall = WallClock.now()
        guard let lane = context.sink.lanes.take(), let generation = context.sink.generation() else {
            return false
        }
        lane.begin(kafkaPartitions: context.kafkaPartitions)
        let openedAt = MonotonicClock.now()
        let serverDate = answer.date ?? wall
        let name = SessionName.make(start: wall)
        let record = SessionRecord(
            connection: context.settings.connection,
            stream: stream,
            session: name,
            host: context.host,
            serverDate: serverDate,
            localDate: wall,
            backfill: .init(askedMinutes: askedMinutes)
        )
        let coverage = SessionCoverage(
            rule: context.rule,
            carriesTweets: stream.product.carriesTweets,
            serverDate: answer.date,
            openedAt: openedAt,
            backfillAsked: askedMinutes > 0,
            acknowledged: { slot in lane.withState { $0.slots[slot] } }
        )
        let pipeline = IngestPipeline(
            sink: context.sink,
            generation: generation,
            lane: lane,
            marking: .init(
                header: RecordHeader(
                    connection: context.settings.connection,
                    partition: stream.number,
                    source: .live,
                    session: name
                ),
                backfillBefore: serverDate + CoverageRule.leftMargin
            ),
            coverage: coverage,
            isGzip: answer.isGzip,
            lineBytesMax: context.settings.maxMessageBytes
        )
        pipeline.whilePaused = { [unowned self] in
            everySecond()
            return !context.stop.isSet
        }
        delay = ReadingDelay(now: MonotonicClock.now())
        let session = BridgeSession(record: record, openedAt: openedAt, pipeline: pipeline, metrics: metrics)
        self.session = session
        tweetsSeen = 0
        volume.sessionBegan()
        log.opened(
            session: name,
            askedMinutes: askedMinutes,
            isDated: answer.date != nil,
            now: MonotonicClock.now()
        )
        publish(session)
        return true
    }

    /// The transfer is over, for whatever reason.
    private func end(_ end: TransferEnd) {
        transfer = nil
        let now = MonotonicClock.now()
        noteProgress()
        let ending = machine.ended(end, now: now)
        if let session {
            session.close(ending.reason ?? .tcp, detail: ending.detail, now: now)
            publish(session)
            draining.append(session)
            self.session = nil
        }
        guard machine.state != .stopped else {
            log.closed(ending)
            return
        }
        lastFailure = log.ended(ending, status: refusedStatus(end), wall: WallClock.now(), now: now)
        metrics.reconnects.add()
        if ending.retry.isAtUpperBound { metrics.backoffLimit.add() }
    }

    private func refusedStatus(_ end: TransferEnd) -> Int? {
        if case .http(let answer, _) = end { answer.status } else { nil }
    }

    /// After a refusal: whether a person has put other credentials in place, which are then tried at once.
    private func lookForOtherCredentials(now: MonotonicInstant) {
        guard case .waiting = machine.state,
            let present = try? context.settings.stream.request(url: request?.url ?? ""), present != request
        else { return }
        machine.credentialsChanged(now: now)
    }

    private func publish(_ session: BridgeSession) {
        let record = session.update(now: MonotonicClock.now())
        context.writer.write(record.key, json: controlJSON(record))
    }

    // MARK: Once a second

    private func wait() {
        let now = MonotonicClock.now()
        let until = min(machine.wakeAt ?? nextSecond, nextSecond)
        // Short enough that a stop is seen at once; a wait holds no socket that could wake it.
        let pause = min(until - now, draining.isEmpty ? .milliseconds(100) : .milliseconds(20))
        if pause > .zero { pauseThread(milliseconds: UInt32(max(1, pause.milliseconds))) }
        if machine.state == .stopped { settleDraining(writesAll: false) }
    }

    private func everySecond() {
        let now = MonotonicClock.now()
        guard now >= nextSecond else { return }
        nextSecond = max(nextSecond + .seconds(1), now + .milliseconds(500))
        if let session {
            _ = session.pipeline.coverage.advance(to: now)
            publish(session)
            yieldToTwins(session.record)
        }
        if let change = volume.second(session?.pipeline.counts) { log.volume(change) }
        lookForOtherCredentials(now: now)
        settleDraining(writesAll: true)
        show()
    }

    private func settleDraining(writesAll: Bool) {
        for session in draining {
            let before = session.record
            let record = session.update(now: MonotonicClock.now())
            let hasChanged =
                before.covered != record.covered || before.backfill != record.backfill
                || before.counters != record.counters || before.holes != record.holes
            if hasChanged, writesAll || session.isSettled {
                context.writer.write(record.key, json: controlJSON(record))
            }
        }
        for session in draining where session.isSettled { context.sink.lanes.giveBack(session.pipeline.lane) }
        draining.removeAll(where: \.isSettled)
    }

    /// Gives the name up where another process claims it or held it first.
    private func yieldToTwins(_ record: SessionRecord) {
        let name = context.settings.connection
        if let claim = context.control.read({ $0.claim(to: stream, notOf: context.host) }) {
            context.refuse(
                "Connection '\(name)' of \(stream) was taken over by \(claim.host). This bridge has closed its session."
            )
        } else if let elder = context.control.read({ $0.elder(than: record) }) {
            context.refuse(
                "Another bridge, \(elder.host), already reads \(stream) as connection '\(name)' (session "
                    + "\(elder.session)). Give this one another bridge.connection, or start it with --take-over."
            )
        }
    }

    private func show() {
        let now = MonotonicClock.now()
        var status = BridgeStatus.Stream(stream: stream, state: machine.state.word)
        if case .waiting(let until, let reason) = machine.state {
            status.waiting = waiting(until: max(.zero, until - now), reason)
        }
        let latest = session ?? draining.last
        status.session = latest?.record
        status.tweetsPerSecond = volume.tweets.mean
        status.wireBytesPerSecond = volume.wireBytes.mean
        status.plainBytesPerSecond = volume.plainBytes.mean
        status.volume = volume.word
        status.isPaused = session?.pipeline.isPaused ?? false
        status.lastError = lastFailure
        status.bufferedBytes = draining.reduce(session?.bufferedBytes ?? 0) { $0 + $1.bufferedBytes }
        status.unaccounted = draining.reduce(session?.unaccounted ?? 0) { $0 + $1.unaccounted }
        let inFlight = draining.reduce(session?.inFlight ?? 0) { $0 + $1.inFlight }
        if let frontier = session?.pipeline.coverage.frontier {
            let lag = (serverTime(at: now) - frontier).inSeconds
            status.lagSeconds = lag
            metrics.lag.set(lag)
        }
        showClock(&status, now: now)
        if let record = session?.record, record.clockLead >= CoverageRule.leadToTell {
            log.clocksDiffer(by: record.clockLead, session: record.session, now: now)
        }
        metrics.connected.set(session == nil ? 0 : 1)
        metrics.inFlight.set(Int(inFlight))
        metrics.unaccounted.set(Int(status.unaccounted))
        metrics.volumeFallen.set(volume.isFallen ? 1 : 0)
        context.board.setProblem("\(stream)", session == nil ? problem(status) : nil)
        context.board.setProblem("kafka", context.sink.problem)
        context.show(status)
        context.watchBuffer()
    }

    /// The server's time; ours until it has told it.
    private func serverTime(at now: MonotonicInstant) -> Instant {
        dated.map { $0.server + (now - $0.at) } ?? WallClock.now()
    }

    /// Compares this host's clock with the server's, also between answers: it may jump.
    private func showClock(_ status: inout BridgeStatus.Stream, now: MonotonicInstant) {
        guard dated != nil else { return }
        let difference = serverTime(at: now) - WallClock.now()
        let isWrong = max(difference, .zero - difference) >= ServerClock.tolerance
        status.clockSkewSeconds = isWrong ? difference.inSeconds : 0
        metrics.clockSkew.set(status.clockSkewSeconds)
        if isWrong { log.clockIsWrong(by: difference, now: now) }
    }

    private func waiting(until left: Duration, _ reason: ConnectionStateMachine.WaitReason) -> BridgeStatus.Waiting {
        let seconds = Double(left.milliseconds) / 1000
        switch reason {
        case .backoff(let backoff, let attempt):
            return BridgeStatus.Waiting(
                reason: lastFailure?.reason ?? backoff.rawValue,
                backoff: backoff.rawValue,
                attempt: attempt,
                nextAttemptSeconds: seconds
            )
        case .budget:
            return BridgeStatus.Waiting(
                reason: "request-budget",
                backoff: "none",
                attempt: 0,
                nextAttemptSeconds: seconds
            )
        }
    }

    private func problem(_ status: BridgeStatus.Stream) -> String {
        ["not connected (\(status.state))", lastFailure?.text, status.waiting?.text].compactMap(\.self)
            .joined(separator: "; ")
    }
}

extension ConnectionStateMachine.State {
    /// The state as `/status` shows it.
    fileprivate var word: String {
        switch self {
        case .idle: "idle"
        case .waiting: "waiting"
        case .connecting: "connecting"
        case .streaming: "streaming"
        case .closing: "closing"
        case .stopped: "stopped"
        }
    }
}

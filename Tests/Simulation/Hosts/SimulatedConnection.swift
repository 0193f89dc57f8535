import Ingest
import ModelLog
import Recovery
import Tweets

/// One stream partition of a bridge: the production's `BridgeConnection` on simulated ground.
final class SimulatedConnection {
    let stream: StreamPartition
    private unowned let bridge: BridgeProcess
    private var simulation: Simulation { bridge.simulation }
    private var machine: ConnectionStateMachine
    private var attempt: ConnectAttempt?
    private(set) var link: UpstreamLink?
    private var session: SimulatedSession?
    private var draining: [SimulatedSession] = []
    private var askedMinutes = 0
    private var skew: Duration = .zero
    private var nextSecond: MonotonicInstant
    private var tweetsSeen: Int64 = 0
    private var isLeaving = false

    init(_ bridge: BridgeProcess, stream: StreamPartition) {
        self.bridge = bridge
        self.stream = stream
        let contract = DialectContract.of(bridge.simulation.plan.dialect)
        machine = ConnectionStateMachine(heartbeatTimeout: contract.readTimeout, silenceTimeout: .seconds(60))
        nextSecond = bridge.clock + .seconds(1)
    }

    private var now: MonotonicInstant { bridge.clock }

    func step() throws(SimulatedCrash) {
        switch machine.tick(now: now, budget: &bridge.budget) {
        case .none: break
        case .connect: connect()
        case .disconnect: end(.byUs)
        }
        if attempt != nil { head() }
        if link != nil, session != nil { move() }
        try everySecond()
    }

    /// The bridge gives its name up, or is stopped.
    func leave(_ reason: SessionRecord.CloseReason) throws(SimulatedCrash) {
        if !isLeaving {
            isLeaving = true
            if case .disconnect = machine.stop(reason) { end(.byUs) }
        }
        settleDraining(writesAll: true)
    }

    var isOver: Bool { machine.state == .stopped && draining.isEmpty }

    /// The process is gone; the operating system closes its sockets.
    func vanish() {
        guard let link else { return }
        link.placeUntil = simulation.now + (simulation.random.next() & 3 == 0 ? 60_000 : 0)
        link.cut(.byUs)
    }

    // MARK: A transfer

    private func connect() {
        askedMinutes = BackfillSizing.minutes(
            now: bridge.wall + skew,
            rightEnd: bridge.history.rightEnd(of: stream),
            isFirstStart: !bridge.history.isKnown(stream),
            limit: DialectContract.of(simulation.plan.dialect).backfillMinutesMax
        )
        attempt = simulation.connect(stream.number - 1, copy: bridge.place, minutes: askedMinutes, bridge.who)
    }

    private func head() {
        guard let attempt, simulation.now >= attempt.readyAt else { return }
        self.attempt = nil
        switch attempt.result {
        case .failed(let end):
            self.end(end)
        case .answered(let answer, let link):
            self.link = link
            if let date = answer.date { skew = date - bridge.wall }
            if machine.answered(answer, now: now) { open(answer) } else { end(.http(answer, excerpt: "simulated")) }
        }
    }

    private func open(_ answer: HTTPAnswer) {
        let wall = bridge.wall
        let serverDate = answer.date ?? wall
        var record = SessionRecord(
            connection: bridge.connection,
            stream: stream,
            session: simulation.sessionName(start: wall),
            host: bridge.host,
            serverDate: serverDate,
            localDate: wall,
            backfill: .init(askedMinutes: askedMinutes)
        )
        record.updatedAt = wall
        let lane = bridge.producer.takeLane()
        let coverage = SessionCoverage(
            rule: CoverageRule(slack: simulation.plan.slack),
            carriesTweets: true,
            serverDate: answer.date,
            openedAt: now,
            backfillAsked: askedMinutes > 0,
            acknowledged: { slot in lane.withState { $0.slots[slot] } }
        )
        session = SimulatedSession(
            record: record,
            openedAt: now,
            pipeline: SimulatedPipeline(
                producer: bridge.producer,
                lane: lane,
                header: RecordHeader(
                    connection: bridge.connection,
                    partition: stream.number,
                    source: .live,
                    session: record.session
                ),
                backfillBefore: serverDate + CoverageRule.leftMargin,
                coverage: coverage
            )
        )
        tweetsSeen = 0
        simulation.tell(.sessionOpened, bridge.who, Int64(stream.number), Int64(askedMinutes))
        publish()
    }

    private func move() {
        guard let session, let link else { return }
        if bridge.producer.isFull {
            session.pipeline.hasPaused = true
            return
        }
        let (bytes, ended) = link.pull(now: simulation.now)
        if !bytes.isEmpty {
            session.pipeline.coverage.received(at: now)
            machine.received(tweets: 0, now: now)
            bytes.withUnsafeBytes { session.pipeline.consume($0, received: bridge.wall) }
        }
        noteProgress(session)
        if let ended { end(ended) }
    }

    private func noteProgress(_ session: SimulatedSession) {
        if session.pipeline.hasPaused {
            session.pipeline.hasPaused = false
            machine.resumed(now: now)
        }
        let tweets = session.pipeline.counts.tweets
        if tweets > tweetsSeen { machine.received(tweets: Int(tweets - tweetsSeen), now: now) }
        tweetsSeen = tweets
        for notice in session.pipeline.notices { machine.noticed(notice) }
        session.pipeline.notices = []
    }

    private func end(_ end: TransferEnd) {
        if let link { simulation.disconnected(link) }
        link = nil
        attempt = nil
        let ending = machine.ended(end, now: now)
        guard let session else {
            simulation.tell(.refused, bridge.who, Int64(stream.number), ending.retry.delay.milliseconds)
            return
        }
        session.close(ending.reason ?? .tcp, detail: ending.detail, now: now)
        publish()
        draining.append(session)
        self.session = nil
        let reason = ending.reason.flatMap { SessionRecord.CloseReason.allCases.firstIndex(of: $0) } ?? -1
        simulation.tell(.sessionClosed, bridge.who, Int64(stream.number), Int64(reason))
    }

    // MARK: Once a second

    private func publish() {
        guard let session else { return }
        bridge.write(.session(session.update(now: now, simulation)))
    }

    private func everySecond() throws(SimulatedCrash) {
        guard now >= nextSecond else { return }
        nextSecond = max(nextSecond + .seconds(1), now + .milliseconds(500))
        if let session {
            _ = session.pipeline.coverage.advance(to: now)
            publish()
            try simulation.mayDie(.bridge, bridge.who)
            if bridge.history.claim(to: stream, notOf: bridge.host) != nil
                || bridge.history.elder(than: session.record) != nil
            {
                bridge.refuse()
            }
        }
        settleDraining(writesAll: true)
    }

    private func settleDraining(writesAll: Bool) {
        for session in draining {
            let before = session.record
            let record = session.update(now: now, simulation)
            let hasChanged =
                before.covered != record.covered || before.backfill != record.backfill
                || before.counters != record.counters || before.holes != record.holes
            if hasChanged, writesAll || session.isSettled { bridge.write(.session(record)) }
            if session.isSettled { bridge.producer.giveBack(session.pipeline.lane) }
        }
        draining.removeAll(where: \.isSettled)
    }
}

/// A session of a bridge, as the production's `BridgeSession` keeps it.
final class SimulatedSession {
    let pipeline: SimulatedPipeline
    private(set) var record: SessionRecord
    private let openedAt: MonotonicInstant

    init(record: SessionRecord, openedAt: MonotonicInstant, pipeline: SimulatedPipeline) {
        self.record = record
        self.openedAt = openedAt
        self.pipeline = pipeline
    }

    var isSettled: Bool { record.closed != nil && pipeline.coverage.isSettled }

    func update(now: MonotonicInstant, _ simulation: Simulation) -> SessionRecord {
        let (reports, offsets) = pipeline.settle(isOver: record.closed != nil)
        let unaccounted = pipeline.counts.unaccounted(reports)
        if unaccounted != 0 {
            simulation.violate("\(unaccounted) messages of session \(record.session) are unaccounted")
        }
        record.counters = pipeline.counts.counters(reports)
        record.offsets = offsets
        record.take(pipeline.coverage)
        record.sequence += 1
        record.updatedAt = record.localDate + (now - openedAt)
        return record
    }

    func close(_ reason: SessionRecord.CloseReason, detail: String, now: MonotonicInstant) {
        pipeline.finish(now: now)
        record.closed = reason
        record.closedDetail = detail
    }
}

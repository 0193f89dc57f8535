import Ingest
import ModelLog
import Recovery
import Tweets

/// A bridge: the order of the production's shell around its cores, with the model's log and the simulated upstream.
final class BridgeProcess: SimulatedProcess {
    private enum Phase {
        /// Control is read up to the end that it had.
        case readingControl
        /// Sessions of the same name are watched for a sign of life.
        case watching(since: Int64, quietSince: Int64, heard: [String: Int])
        case running
        /// It gave way, or was told to stop; what was read is still sent.
        case leaving(SessionRecord.CloseReason, until: Int64)
    }

    let connection: String
    private(set) var history: ConnectionHistory
    let producer: SimulatedProducer
    var budget: RequestBudget
    private let takesOver: Bool
    private var phase = Phase.readingControl
    private var connections: [SimulatedConnection] = []
    private var outbox = ControlOutbox()
    /// Letters that are written and not reported yet.
    private var reports: [UInt] = []
    private var controlOffset: Int64 = 0

    init(_ simulation: Simulation, place: Int, takesOver: Bool = false) {
        self.takesOver = takesOver
        connection = place == 0 ? "a" : "b"
        history = ConnectionHistory(connection: connection)
        budget = RequestBudget(DialectContract.of(simulation.plan.dialect))
        producer = SimulatedProducer(simulation, .bridge, place: place, copy: place)
        super.init(simulation, .bridge, place: place)
        for number in 1...SimulationPlan.streams {
            let stream = StreamPartition(product: .sample10, number: number)
            connections.append(SimulatedConnection(self, stream: stream))
        }
    }

    override func step() throws(SimulatedCrash) -> Int64? {
        if !simulation.isAway(from: role, place) { readControl() }
        switch phase {
        case .readingControl:
            guard history.isCaughtUp else { return 200 }
            try takeName()
            return 50
        case .watching(let since, let quietSince, let heard):
            guard try watch(since, quietSince, heard) else { return nil }
            try writeControl()
            return 50
        case .running:
            for connection in connections { try connection.step() }
            if case .leaving = phase { return 10 }
            try producer.step()
            try writeControl()
            return 150 + Int64(simulation.random.next() % 200)
        case .leaving(let reason, let until):
            for connection in connections { try connection.leave(reason) }
            try producer.step()
            try writeControl()
            let isOver = connections.allSatisfy(\.isOver) && outbox.count == 0
            return isOver || simulation.now >= until ? nil : 50
        }
    }

    override func died() {
        for connection in connections { connection.vanish() }
    }

    /// A producer's fatal error.
    func replaceProducer() { producer.replace() }

    /// Open connections, for faults.
    var links: [UpstreamLink] { connections.compactMap(\.link) }

    // MARK: The name

    private func takeName() throws(SimulatedCrash) {
        let streams = Set(connections.map(\.stream))
        let open = history.openSessions(of: streams, notOf: host)
        guard !open.isEmpty else {
            phase = .running
            return
        }
        if takesOver {
            for stream in connections.map(\.stream) {
                write(.claim(ClaimRecord(connection: connection, stream: stream, host: host, at: wall)))
            }
        }
        let heard = Dictionary(uniqueKeysWithValues: open.map { ($0.record.session, $0.furtherRecords) })
        phase = .watching(since: simulation.now, quietSince: simulation.now, heard: heard)
    }

    /// - Returns: False where the process ends.
    private func watch(
        _ since: Int64,
        _ quietSince: Int64,
        _ heard: [String: Int]
    ) throws(SimulatedCrash) -> Bool {
        let open = history.openSessions(of: Set(connections.map(\.stream)), notOf: host)
            .sorted { $0.record.session < $1.record.session }
        guard !open.isEmpty else {
            phase = .running
            return true
        }
        var heard = heard
        var quietSince = quietSince
        for session in open where session.furtherRecords > heard[session.record.session] ?? 0 {
            guard takesOver else {
                simulation.tell(.bridgeExit, who)
                return false
            }
            heard[session.record.session] = session.furtherRecords
            quietSince = simulation.now
        }
        if simulation.now >= quietSince + 3000 {
            close(open.map(\.record))
            phase = .running
            return true
        }
        if simulation.now >= since + (takesOver ? 15_000 : 3000) {
            simulation.tell(.bridgeExit, who)
            return false
        }
        phase = .watching(since: since, quietSince: quietSince, heard: heard)
        return true
    }

    private func close(_ records: [SessionRecord]) {
        for var record in records {
            record.closed = .died
            record.closedDetail = "no record of it for 3 s"
            record.sequence += 1
            record.updatedAt = wall
            record.backfill.decided = true
            write(.session(record))
        }
    }

    /// Another process has the name: everything ends in order.
    func refuse() {
        guard case .running = phase else { return }
        simulation.tell(.bridgeExit, who)
        phase = .leaving(.takenOver, until: simulation.now + 5000)
    }

    /// It is told to stop, and is started again after a while.
    func shutDown(for length: Int64) {
        down = length
        phase = .leaving(.shutdown, until: simulation.now + 5000)
    }

    // MARK: Control

    func write(_ record: ControlRecord) {
        outbox.put(record.key, json: simulation.control.add(record))
    }

    private func writeControl() throws(SimulatedCrash) {
        for ticket in reports { outbox.reported(ticket, isWritten: true) }
        reports = []
        guard outbox.count > 0, !simulation.isAway(from: role, place) else { return }
        for letter in outbox.letters {
            outbox.sent(letter)
            if simulation.losesRequest() {
                outbox.reported(letter.ticket, isWritten: false)
                continue
            }
            let record = ModelRecord(key: Array(letter.key.utf8), value: letter.json)
            simulation.log.append(record, to: "control", 0)
            try simulation.mayDie(.bridge, who)
            reports.append(letter.ticket)
        }
    }

    private func readControl() {
        let partition = simulation.log["control", 0]
        guard controlOffset < partition.end || !history.isCaughtUp else { return }
        guard let batch = try? partition.fetch(from: controlOffset, .uncommitted, limit: 500) else {
            controlOffset = partition.start
            return
        }
        controlOffset = batch.position
        for (_, record) in batch.records {
            guard let value = record.value else {
                let key = ControlKey(String(decoding: record.key ?? [], as: UTF8.self))
                if let key, key.kind == .session { history.forget(key) }
                continue
            }
            switch simulation.control.stored(value)?.record {
            case .session(let session): history.take(session)
            case .claim(let claim): history.take(claim)
            case .ledger(let ledger): history.take(ledger)
            default: continue
            }
        }
        if controlOffset >= partition.end { history.caughtUp() }
    }
}

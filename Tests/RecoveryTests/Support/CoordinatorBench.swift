import Recovery
import Tweets

/// A coordinator under hand control: a control topic, a clock and an upstream that answers as the test says.
struct CoordinatorBench {
    let options: CoordinatorOptions
    var core: CoordinatorCore
    /// The control topic, compacted.
    var topic: [ControlKey: (record: ControlRecord, offset: Int64)] = [:]
    var offset: Int64 = 0
    var second: Int64 = 0
    var surroundings = CoordinatorSurroundings()
    /// Requests that were made and have not ended.
    var open: [JobRequest] = []
    /// Everything that was ever asked for.
    var asked: [JobRequest] = []

    init(limits: DialectLimits = .v2, slack: Duration = .seconds(120), concurrentJobsMax: Int = 2) {
        options = CoordinatorOptions(
            limits: limits,
            timing: LedgerTiming(slack: slack),
            concurrentJobsMax: concurrentJobsMax
        )
        core = CoordinatorCore(options: options)
    }

    /// A record of somebody else's reaches control.
    mutating func write(_ record: ControlRecord) {
        topic[record.key] = (record, offset)
        core.apply(record, offset: offset, arrivedAt: clock(second))
        offset += 1
    }

    /// One look, whose writes reach control.
    @discardableResult
    mutating func look(at second: Int64) -> CoordinatorTurn {
        self.second = second
        let turn = core.turn(now: at(second), clock: clock(second), surroundings)
        for key in turn.removals {
            topic[key] = nil
            core.remove(key, offset: offset)
            offset += 1
        }
        for record in turn.writes { write(record) }
        open += turn.requests
        asked += turn.requests
        return turn
    }

    /// A request ends.
    mutating func end(_ outcome: BackfillOutcome, _ progress: BackfillProgress? = nil, at second: Int64) {
        self.second = second
        guard !open.isEmpty else { return }
        let request = open.removeFirst()
        if let progress { core.progressed(request.job, progress, now: at(second)) }
        core.ended(request.job, outcome, now: at(second), clock: clock(second))
    }

    /// The coordinator is killed and another starts from control.
    mutating func replaceCoordinator(leading: Bool = true) {
        core = CoordinatorCore(options: options)
        open = []
        for entry in topic.values.sorted(by: { $0.offset < $1.offset }) {
            core.apply(entry.record, offset: entry.offset, arrivedAt: clock(second))
        }
        if leading { core.startLeading(at: clock(second)) }
    }

    /// What control holds of gaps, by time.
    var gapsInControl: [GapRecord] {
        topic.values.compactMap { if case .gap(let gap) = $0.record { gap } else { nil } }
            .sorted { ($0.stream, $0.from) < ($1.stream, $1.from) }
    }

    /// What control holds of jobs, by ID.
    var jobsInControl: [JobRecord] {
        topic.values.compactMap { if case .job(let job) = $0.record { job } else { nil } }
            .sorted { $0.id < $1.id }
    }

    /// Connections a and b die at 1000 claiming 5 … 880, and a comes back at 1600 for good.
    mutating func playDoubleOutage(stream: StreamPartition = firstPartition) {
        for name in ["a", "b"] {
            write(.session(session(name, "1", stream: stream, date: at(0), covered: span(5, 880), closed: .tcp)))
        }
        second = 1820
        write(.session(session("a", "2", stream: stream, date: at(1600), covered: span(1605, 100_000))))
    }
}

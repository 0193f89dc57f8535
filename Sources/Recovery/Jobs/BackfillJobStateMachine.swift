public import Tweets

/// One recovery job from its record to its end: which range to ask for next, and what an outcome means.
///
/// The record is the state that survives; everything else is lost with the process and starts afresh.
public struct BackfillJobStateMachine: Sendable {
    /// What the caller is to do.
    public enum Action: Hashable, Sendable {
        /// Make a request for this range and report its progress and outcome.
        case request(EventInterval)
        /// Ask again at this moment.
        case wait(until: MonotonicInstant)
        /// A request is at work, or an operator holds the job.
        case nothing
        /// Nothing more is to be done.
        case finished
    }

    private enum Phase: Hashable {
        /// → requesting, held, ended.
        case idle(notBefore: MonotonicInstant)
        /// → idle, ended.
        case requesting(EventInterval)
        /// → idle, ended.
        case held
        /// Final.
        case ended
    }

    /// The job as it is to be written to control.
    public private(set) var record: JobRecord
    private let limits: DialectLimits
    private let slack: Duration
    private var phase: Phase
    /// In a row without progress, by their table: a first 429 after five cut answers is a first.
    private var failures: [RetryDelay: Int] = [:]
    /// The counts of the record before the present attempt.
    private var before: (received: Int64, acknowledged: Int64)
    private var attemptProgress = BackfillProgress()
    private var requestedAt: Instant?
    /// The count of an earlier request of the same range that ended in order without proving its tail.
    private var unprovenAnswer: (range: EventInterval, received: Int64)?

    /// A job as control has it; one that was running when its coordinator died goes on from what is left.
    public init(_ record: JobRecord, limits: DialectLimits, slack: Duration, at now: MonotonicInstant) {
        self.record = record
        self.limits = limits
        self.slack = slack
        before = (record.received, record.acknowledged)
        self.record.reached = nil
        self.record.pace = nil
        switch record.state {
        case .completed, .failed, .cancelled: phase = .ended
        case .paused: phase = .held
        case .requested, .running, .waiting: phase = .idle(notBefore: now)
        }
    }

    /// Whether a request is at work.
    public var isRequesting: Bool {
        if case .requesting = phase { true } else { false }
    }

    /// What is to be done now.
    ///
    /// - Parameters:
    ///   - now: The coordinator's monotonic clock.
    ///   - wall: The server's time.
    public mutating func next(at now: MonotonicInstant, wall: Instant) -> Action {
        switch phase {
        case .ended: return .finished
        case .held, .requesting: return .nothing
        case .idle(let notBefore):
            if now < notBefore { return .wait(until: notBefore) }
            guard let interval = record.remaining.first else {
                finish(.completed, error: nil, at: wall)
                return .finished
            }
            let range = EventInterval(
                from: max(interval.from, limits.windowEdge(at: wall)),
                to: interval.to
            )
            guard !range.isEmpty else {
                finish(.failed, error: "the rest, from \(interval.from), has left the recovery window", at: wall)
                return .finished
            }
            phase = .requesting(range)
            before = (record.received, record.acknowledged)
            attemptProgress = BackfillProgress()
            requestedAt = wall
            record.state = .running
            record.attempts += 1
            record.startedAt = record.startedAt ?? wall
            record.updatedAt = wall
            return .request(range)
        }
    }

    /// Takes what the present request has brought so far.
    public mutating func progressed(_ progress: BackfillProgress, wall: Instant) {
        guard case .requesting(let range) = phase else {
            preconditionFailure("progress of job \(record.id) in \(phase)")
        }
        attemptProgress = progress
        record.received = before.received + progress.received
        record.acknowledged = before.acknowledged + progress.acknowledged
        for (partition, offsets) in progress.offsets {
            let known = record.offsets[partition] ?? offsets
            record.offsets[partition] = SessionRecord.Offsets(
                first: min(known.first, offsets.first),
                last: max(known.last, offsets.last),
                rewritten: offsets.rewritten ?? known.rewritten
            )
        }
        record.lost = IntervalSet(record.lost + progress.lost).intervals
        notePace(progress, of: range, wall: wall)
        if let proven = proven(of: range, by: progress) {
            // A minute that failed on the server is named at the end alone, which may never come.
            let doubtful = limits.tellsOutcome ? IntervalSet(progress.silent).intersection(range) : IntervalSet()
            let brought = IntervalSet(EventInterval(from: range.from, to: proven)).subtracting(doubtful)
            for interval in brought.intervals { remove(interval) }
        }
        record.updatedAt = wall
    }

    /// Takes note of how many Tweets recovery brought first in the job's minutes.
    mutating func emitted(_ count: Int64) {
        record.emitted = count
    }

    /// Takes the end of the present request; everything it brought must be acknowledged and reported before.
    public mutating func ended(_ outcome: BackfillOutcome, at now: MonotonicInstant, wall: Instant) {
        guard case .requesting(let range) = phase else {
            preconditionFailure("outcome \(outcome) of job \(record.id) in \(phase)")
        }
        record.updatedAt = wall
        forgetPace()
        let leftBefore = IntervalSet(record.remaining).duration
        switch outcome {
        case .completed:
            remove(range)
            proceed(at: now, wall: wall)
        case .minutesFailed(let minutes):
            remove(range)
            let failed = IntervalSet(minutes.map { EventInterval(from: $0, to: $0 + .seconds(60)) }).intersection(range)
            record.remaining = IntervalSet(record.remaining).union(failed).intervals
            retry(.server, "\(minutes.count) minutes failed on the server", leftBefore, now, wall)
        case .unprocessed(let rest):
            let left = IntervalSet(rest).alignedOutward(to: limits.granularity).intersection(range)
            remove(range)
            record.remaining = IntervalSet(record.remaining).union(left).intervals
            retry(.server, "the server did not process \(rest)", leftBefore, now, wall)
        case .endedInOrder:
            endedInOrder(range, leftBefore, now, wall)
        case .broken(let detail):
            retry(.connection, detail, leftBefore, now, wall)
        case .http(let status, let detail, let retryAfter):
            failed(status: status, detail: detail, retryAfter: retryAfter, leftBefore, now, wall)
        case .stopped:
            phase = .idle(notBefore: now)
        }
    }

    /// Holds the job back; a request at work must be stopped by the caller first.
    public mutating func pause(wall: Instant) {
        guard case .idle = phase else { return }
        phase = .held
        record.state = .paused
        record.updatedAt = wall
    }

    /// Lets a held job go on.
    public mutating func resume(at now: MonotonicInstant, wall: Instant) {
        guard phase == .held else { return }
        phase = .idle(notBefore: now)
        record.state = .requested
        record.updatedAt = wall
    }

    /// Ends the job; a request at work must be stopped by the caller first.
    public mutating func cancel(wall: Instant) {
        switch phase {
        case .idle, .held: finish(.cancelled, error: "cancelled by an operator", at: wall)
        case .requesting, .ended: break
        }
    }

    /// Limits the job to a rate of its own, also while a request is at work.
    ///
    /// - Parameter rate: Records a second, 1 or more; nil for its share of what all jobs may bring.
    public mutating func setRate(_ rate: Int?, wall: Instant) {
        guard phase != .ended else { return }
        record.rate = rate
        record.updatedAt = wall
    }

    // MARK: What people are shown

    /// What came is shown as it comes; what it proves follows a minute or two behind, and of a short range only at its end.
    private mutating func notePace(_ progress: BackfillProgress, of range: EventInterval, wall: Instant) {
        guard let frontier = progress.frontier else { return }
        let reached = min(max(frontier, range.from, record.reached ?? range.from), range.to)
        record.reached = reached
        guard let requestedAt, wall - requestedAt >= .seconds(1), reached > range.from else { return }
        let perMillisecond = Double((reached - range.from).milliseconds) / Double((wall - requestedAt).milliseconds)
        record.pace = Int64(max(1, perMillisecond * 1000))
    }

    private mutating func forgetPace() {
        record.reached = nil
        record.pace = nil
        requestedAt = nil
    }

    // MARK: What an end means

    /// Up to where an attempt proves delivery: the last minute received is asked for again, since Tweets are not sorted.
    private func proven(of range: EventInterval, by progress: BackfillProgress) -> Instant? {
        guard let frontier = progress.frontier else { return nil }
        let minute = min(frontier, range.to).alignedDown(to: .seconds(60)) - .seconds(60)
        return minute > range.from ? minute : nil
    }

    /// Without a word from the server an end in order is believed if Tweets came up to the end of the range, or if a
    /// second request of the same range brought no more.
    private mutating func endedInOrder(
        _ range: EventInterval,
        _ leftBefore: Duration,
        _ now: MonotonicInstant,
        _ wall: Instant
    ) {
        guard !limits.tellsOutcome else {
            retry(.server, "the response ended without a word about its outcome", leftBefore, now, wall)
            return
        }
        let reachesEnd = attemptProgress.newest.map { $0 >= range.to - slack / 12 } ?? false
        let isConfirmed = unprovenAnswer.map { $0 == (range, attemptProgress.received) } ?? false
        if reachesEnd || isConfirmed {
            remove(range)
            proceed(at: now, wall: wall)
        } else {
            unprovenAnswer = (range, attemptProgress.received)
            record.remaining = IntervalSet(record.remaining).union(range).intervals
            retry(.server, "the response ended before the end of the range", leftBefore, now, wall)
        }
    }

    private mutating func failed(
        status: Int,
        detail: String,
        retryAfter: Duration?,
        _ leftBefore: Duration,
        _ now: MonotonicInstant,
        _ wall: Instant
    ) {
        let text = "HTTP \(status): \(detail)"
        switch status {
        case 401, 403, 429:
            retry(.refusal, text, leftBefore, now, wall, atLeast: retryAfter ?? .zero)
        case 400..<500:
            // The request itself is wrong; the same one again would be too.
            finish(.failed, error: text, at: wall)
        default:
            retry(.server, text, leftBefore, now, wall, atLeast: retryAfter ?? .zero)
        }
    }

    private mutating func proceed(at now: MonotonicInstant, wall: Instant) {
        failures = [:]
        if record.remaining.isEmpty {
            finish(.completed, error: nil, at: wall)
        } else {
            phase = .idle(notBefore: now)
        }
    }

    private mutating func retry(
        _ delay: RetryDelay,
        _ detail: String,
        _ leftBefore: Duration,
        _ now: MonotonicInstant,
        _ wall: Instant,
        atLeast: Duration = .zero
    ) {
        if record.remaining.isEmpty {
            finish(.completed, error: nil, at: wall)
            return
        }
        if IntervalSet(record.remaining).duration < leftBefore { failures = [:] }
        failures[delay, default: 0] += 1
        record.state = .waiting
        record.error = detail
        phase = .idle(notBefore: now + max(delay.delay(afterFailures: failures[delay, default: 1]), atLeast))
    }

    private mutating func finish(_ state: JobRecord.State, error: String?, at wall: Instant) {
        phase = .ended
        record.state = state
        record.error = error
        record.finishedAt = wall
        record.updatedAt = wall
    }

    private mutating func remove(_ interval: EventInterval) {
        record.remaining = IntervalSet(record.remaining).subtracting(interval).intervals
    }
}

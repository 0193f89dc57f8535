public import Tweets

/// The coordinator without any input or output: control records, time and outcomes in, writes and requests out.
///
/// It follows control all the time; it acts only while it leads. A shell that loses the lead, or whose write fails,
/// throws it away and starts another from the control topic: that is the only state there is.
public struct CoordinatorCore: Sendable {
    /// By what it judges.
    public let options: CoordinatorOptions

    /// What control says.
    public private(set) var fold: LedgerFold
    private var lead: Lead?

    private struct Lead: Sendable {
        var ledger: GapLedger
        var machines: [String: BackfillJobStateMachine] = [:]
        var savedJobs: [String: (record: JobRecord, at: MonotonicInstant)] = [:]
        var budget: RecoveryBudget
        var foldedAt: MonotonicInstant?
        /// When control was last looked through for records that no ledger needs, and up to where ledgers went then.
        var cleaned: (end: Instant?, at: MonotonicInstant)?
        /// When the reports of a stream partition that are too old were last looked for.
        var reportsCleanedAt: [StreamPartition: MonotonicInstant] = [:]
        /// Jobs that differ, or may differ, from what control has.
        var changedJobs: Set<String> = []
        /// The state of the recovery census that the jobs' counts were brought in step with.
        var recoveryRevision: Int?
        /// Losses whose mapping was written and has not come back yet.
        var mapping: Set<ControlKey> = []
    }

    /// A coordinator that knows nothing yet and stands by.
    public init(options: CoordinatorOptions) {
        self.options = options
        fold = LedgerFold(timing: options.timing)
    }

    // MARK: Control

    /// Takes a record of the control topic in.
    public mutating func apply(_ record: ControlRecord, offset: Int64, arrivedAt now: MonotonicInstant) {
        if lead != nil {
            switch record {
            case .gap, .job:
                // Ours, and older than what we hold: nobody else writes them.
                fold.pass(offset)
                return
            case .loss(let loss) where loss.eventTime != nil:
                lead?.mapping.remove(loss.key)
            default:
                break
            }
        }
        fold.apply(record, offset: offset, arrivedAt: now)
    }

    /// Takes a tombstone of the control topic in.
    public mutating func remove(_ key: ControlKey, offset: Int64) {
        fold.remove(key, offset: offset)
    }

    /// Whether it acts.
    public var isLeading: Bool { lead != nil }

    /// Begins to act; control must have been read up to its end.
    public mutating func startLeading(at now: MonotonicInstant) {
        precondition(lead == nil, "it leads already")
        var lead = Lead(
            ledger: GapLedger(gaps: fold.gaps, timing: options.timing),
            budget: RecoveryBudget(options.limits)
        )
        for job in fold.jobs.values where !job.state.isFinal {
            lead.savedJobs[job.id] = (job, now)
            lead.machines[job.id] = BackfillJobStateMachine(
                job,
                limits: options.limits,
                slack: options.timing.slack,
                at: now
            )
        }
        self.lead = lead
    }

    // MARK: Looking

    /// Brings everything in step with what is known, and says what is to be done.
    ///
    /// - Parameters:
    ///   - now: The server's time, as well as it is known.
    ///   - clock: The coordinator's monotonic clock.
    ///   - surroundings: What was asked of Kafka for this look.
    public mutating func turn(
        now: Instant,
        clock: MonotonicInstant,
        _ surroundings: CoordinatorSurroundings
    ) -> CoordinatorTurn {
        var turn = CoordinatorTurn()
        guard lead != nil else { return turn }
        fold.gather()
        turn.writes += mapLosses() + truncations(surroundings.rawEnds, now: now)
        turn.writes += reconcile(now: now, clock: clock, surroundings).map { .gap($0) }
        turn.requests = startRequests(now: now, clock: clock)
        if lead?.mapping.isEmpty == true, fold.unmappedLosses.isEmpty {
            turn.writes += plan(now: now, clock: clock)
        }
        countEmitted()
        turn.writes += jobsToSave(at: clock).map { .job($0) }
        foldHistory(into: &turn, now: now, clock: clock)
        return turn
    }

    /// Takes what a job's present request has brought so far.
    public mutating func progressed(_ job: String, _ progress: BackfillProgress, now: Instant) {
        lead?.machines[job]?.progressed(progress, wall: now)
        keep(job)
    }

    /// Takes the end of a job's present request; its last progress must have been told before.
    public mutating func ended(_ job: String, _ outcome: BackfillOutcome, now: Instant, clock: MonotonicInstant) {
        lead?.machines[job]?.ended(outcome, at: clock, wall: now)
        keep(job)
    }

    // MARK: Operators

    /// Makes jobs for a stretch of event time, whether or not it is known to be missing.
    ///
    /// - Parameters:
    ///   - range: The stretch, which is cut to what the upstream gives.
    ///   - partition: The stream partition's number; nil for all that were ever read.
    ///   - now: The server's time, as well as it is known.
    /// - Returns: The jobs, which the next turn writes, and what cannot be asked for.
    public mutating func backfill(
        _ range: EventInterval,
        partition: Int?,
        now: Instant
    ) -> ManualBackfill {
        guard lead != nil else { return ManualBackfill(refusal: "this coordinator does not lead") }
        let known = fold.streams
        let streams = known.filter { partition == nil || $0.number == partition }
        guard !streams.isEmpty else {
            let names = known.map(\.description).joined(separator: ", ")
            return ManualBackfill(
                refusal: known.isEmpty
                    ? "no stream partition was ever read: start a bridge first"
                    : "stream partition \(partition ?? 0) was never read; there is \(names)"
            )
        }
        var answer = ManualBackfill()
        let askable = answer.cut(range, to: options.limits, at: now)
        let needs = streams.map { BackfillNeed(gap: "", stream: $0, missing: IntervalSet(askable)) }
        let requests = BackfillPlanner(limits: options.limits).requests(for: needs, active: [], at: now)
        answer.jobs = requests.map { request in
            var request = request
            request.gaps = []
            request.fills = request.fills.map { fill in
                let missing = unfoldedCoverage(of: fill.stream, now: now)?.missing
                return StreamIntervals(
                    stream: fill.stream,
                    intervals: (missing ?? IntervalSet()).intersection(request.range).intervals
                )
            }
            return add(request, origin: .manual, now: now)
        }
        return answer
    }

    /// Holds a job back; its request, if one is at work, must have been stopped and reported before.
    public mutating func pause(_ job: String, now: Instant) {
        lead?.machines[job]?.pause(wall: now)
        keep(job)
    }

    /// Lets a held job go on.
    public mutating func resume(_ job: String, now: Instant, clock: MonotonicInstant) {
        lead?.machines[job]?.resume(at: clock, wall: now)
        keep(job)
    }

    /// Ends a job; its request, if one is at work, must have been stopped and reported before.
    public mutating func cancel(_ job: String, now: Instant) {
        lead?.machines[job]?.cancel(wall: now)
        keep(job)
    }

    /// Limits a job to a rate of its own, in records a second; nil for its share of what all jobs may bring.
    public mutating func setRate(_ rate: Int?, of job: String, now: Instant) {
        lead?.machines[job]?.setRate(rate, wall: now)
        keep(job)
    }

    /// How many records a second each of some jobs may bring: what an operator has set, or an equal share of the rate.
    public func rates(of jobs: some Collection<String>, sharing rate: Double) -> [String: Double] {
        let own = jobs.reduce(into: [:]) { $0[$1] = lead?.machines[$1]?.record.rate.map(Double.init) }
        let share = rate / Double(max(1, jobs.count - own.count))
        return jobs.reduce(into: [:]) { $0[$1] = own[$1] ?? share }
    }

    // MARK: What is known

    /// The gaps by stream partition and time.
    public var gaps: [GapRecord] {
        (lead?.ledger.gaps ?? fold.gaps).values.sorted { ($0.stream, $0.from, $0.id) < ($1.stream, $1.from, $1.id) }
    }

    /// The jobs by the time they were made.
    public var jobs: [JobRecord] {
        fold.jobs.values.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }

    /// Everything that is known of each stream partition's event time.
    public func coverages(now: Instant) -> [StreamCoverage] {
        fold.streams.compactMap { fold.coverage(of: $0, frontier: frontier(of: $0, now: now)) }
    }

    private func frontier(of stream: StreamPartition, now: Instant) -> Instant {
        if let lead { return lead.ledger.frontier(of: stream, now: now) }
        return fold.gaps.values.lazy.filter { $0.stream == stream }.map(\.to)
            .reduce(now - options.timing.settleDelay) { max($0, $1) }
    }

    private func unfoldedCoverage(of stream: StreamPartition, now: Instant) -> StreamCoverage? {
        fold.unfoldedCoverage(of: stream, frontier: frontier(of: stream, now: now))
    }

    /// Whether a gap waits for dedup to commit past what recovered it.
    public var awaitsSettlement: Bool { lead?.ledger.hasFilled ?? false }

    // MARK: Parts of a turn

    private mutating func mapLosses() -> [ControlRecord] {
        fold.unmappedLosses.filter { lead?.mapping.contains($0.key) == false }.map { loss in
            var mapped = loss
            mapped.eventTime = fold.eventTime(of: loss)
            lead?.mapping.insert(loss.key)
            return .loss(mapped)
        }
    }

    /// What was acknowledged and is gone: behind an end offset below it, or under offsets that were given out again.
    private mutating func truncations(_ ends: [Int: Int64], now: Instant) -> [ControlRecord] {
        guard fold.isTold(beyond: ends) else { return [] }
        // Not before any session that it explains, whatever our clock says.
        let foundAt = max(now, fold.newestSessionStart ?? now)
        func loss(_ partition: Int, _ from: Int64, _ to: Int64, _ finding: LossRecord.Finding) -> LossRecord {
            LossRecord(kafkaPartition: partition, fromOffset: from, toOffset: to, foundAt: foundAt, finding: finding)
        }
        var found: [LossRecord] = []
        for partition in ends.keys.sorted() {
            guard let end = ends[partition] else { continue }
            if let acknowledged = fold.highestAcknowledged(in: partition), end <= acknowledged {
                found.append(loss(partition, end, acknowledged + 1, .truncation))
            } else if let told = fold.rewritten(in: partition), end > told.through {
                // Only now is all written that stands where something else stood.
                found.append(loss(partition, told.from, told.through + 1, .rewritten))
            }
        }
        return found.compactMap { loss in
            guard lead?.mapping.contains(loss.key) == false else { return nil }
            var mapped = loss
            mapped.eventTime = fold.eventTime(of: loss)
            lead?.mapping.insert(loss.key)
            return .loss(mapped)
        }
    }

    private mutating func reconcile(
        now: Instant,
        clock: MonotonicInstant,
        _ surroundings: CoordinatorSurroundings
    ) -> [GapRecord] {
        var writes: [GapRecord] = []
        let jobs = fold.jobs
        let knownDeletes = knownDeletes(now: now)
        for stream in fold.streams {
            guard let coverage = unfoldedCoverage(of: stream, now: now) else { continue }
            let circumstances = GapLedger.Circumstances(
                now: now,
                windowEdge: options.limits.windowEdge(at: now),
                unheard: fold.isUnheard(stream, at: clock),
                rawEnds: surroundings.rawEnds,
                knownDeletes: knownDeletes
            )
            writes += lead?.ledger.reconcile(coverage, jobs: jobs, circumstances) ?? []
        }
        switch surroundings.committed {
        case .notAsked: break
        case .none: writes += lead?.ledger.settle(committed: nil, jobs: jobs, now: now) ?? []
        case .offsets(let offsets): writes += lead?.ledger.settle(committed: offsets, jobs: jobs, now: now) ?? []
        }
        return writes
    }

    /// Event time in which no delete can have been missed: every stream partition of compliance that was ever read
    /// covers it.
    ///
    /// A recovery of Tweets is not documented to repeat deletes, so it adds nothing.
    private func knownDeletes(now: Instant) -> IntervalSet {
        let streams = fold.streams.filter { $0.product == .compliance }
        guard let first = streams.first else { return IntervalSet() }
        func known(_ stream: StreamPartition) -> IntervalSet {
            guard let coverage = unfoldedCoverage(of: stream, now: now) else { return IntervalSet() }
            return coverage.covered.union(coverage.filled)
        }
        return streams.dropFirst().reduce(known(first)) { $0.intersection(known($1)) }
    }

    private mutating func startRequests(now: Instant, clock: MonotonicInstant) -> [JobRequest] {
        guard let ids = lead?.machines.keys.sorted() else { return [] }
        var requests: [JobRequest] = []
        var running = lead?.machines.values.count { $0.isRequesting } ?? 0
        for id in ids {
            guard running < min(options.concurrentJobsMax, options.limits.concurrentMax),
                lead?.budget.available(at: clock) ?? 0 > 0, let machine = lead?.machines[id]
            else { continue }
            if case .request(let range) = lead?.machines[id]?.next(at: clock, wall: now),
                lead?.budget.take(at: clock) == true
            {
                running += 1
                requests.append(
                    JobRequest(
                        job: id,
                        product: machine.record.product,
                        partition: machine.record.partition,
                        range: range
                    )
                )
            }
        }
        for id in ids { keep(id) }
        return requests
    }

    private mutating func plan(now: Instant, clock: MonotonicInstant) -> [ControlRecord] {
        var writes: [ControlRecord] = []
        for request in dueRequests(now: now, clock: clock) {
            let job = add(request, origin: .gap, now: now)
            writes += (lead?.ledger.assign(job, now: now) ?? []).map { .gap($0) }
        }
        return writes
    }

    /// What is missing, as requests that may be made now.
    private func dueRequests(now: Instant, clock: MonotonicInstant) -> [BackfillRequest] {
        guard let lead else { return [] }
        let closed = lead.ledger.unfinished.filter { $0.state == .closed }
        guard !closed.isEmpty else { return [] }
        let planner = BackfillPlanner(limits: options.limits)
        let active = lead.machines.values.map(\.record)
        let slots = planner.slots(
            running: active.count { $0.state != .paused },
            concurrentMax: options.concurrentJobsMax,
            budget: lead.budget.available(at: clock)
        )
        guard slots > 0 else { return [] }
        let needs =
            closed
            .filter { isReady($0, now: now, clock: clock) }
            .map { BackfillNeed(gap: $0.id, stream: $0.stream, missing: IntervalSet($0.missing)) }
        return Array(planner.requests(for: needs, active: active, at: now).prefix(slots))
    }

    /// Keeps control small for ever: what can no longer change goes into one record a stream partition.
    private mutating func foldHistory(into turn: inout CoordinatorTurn, now: Instant, clock: MonotonicInstant) {
        guard let lead, turn.writes.isEmpty, lead.foldedAt.map({ clock - $0 >= .seconds(60) }) ?? true else { return }
        self.lead?.foldedAt = clock
        let limit = now - options.limits.window - options.foldMargin
        for stream in fold.streams {
            // Nothing is folded past the limit, and to find out how much could be is dear.
            if let known = fold.ledgers[stream], limit - known.to < options.foldStep { continue }
            guard let unfolded = unfoldedCoverage(of: stream, now: now),
                LedgerFolding.isDue(
                    unfolded,
                    fold: fold,
                    gaps: lead.ledger.unfinished,
                    jobs: lead.machines.values.lazy.map(\.record),
                    limit: limit,
                    step: options.foldStep
                )
            else { continue }
            // A quarter's gaps are not gone through every hour for the few that are older than that.
            let cleansReports = lead.reportsCleanedAt[stream].map { clock - $0 >= .seconds(86400) } ?? true
            if cleansReports { self.lead?.reportsCleanedAt[stream] = clock }
            let folding = LedgerFolding(
                unfolded,
                fold: fold,
                gaps: lead.ledger.unfinished.filter { $0.stream == stream }
                    + (cleansReports ? lead.ledger.ended(of: stream, before: now - LedgerFolding.reportTime) : []),
                limit: limit,
                step: options.foldStep,
                now: now
            )
            guard let ledger = folding.ledger else { continue }
            turn.writes.append(.ledger(ledger))
            turn.removals += folding.removals
            self.lead?.ledger.remove(folding.removals.filter { $0.kind == .gap }.map(\.id))
        }
        // Only what the ledgers in control already tell may go.
        if turn.writes.isEmpty { removeSettled(from: &turn, now: now, clock: clock) }
    }

    private mutating func removeSettled(from turn: inout CoordinatorTurn, now: Instant, clock: MonotonicInstant) {
        let end = fold.ledgers.values.map(\.to).min()
        if let cleaned = lead?.cleaned, cleaned.end == end, clock - cleaned.at < options.foldStep { return }
        lead?.cleaned = (end, clock)
        turn.removals += fold.settledRecords(now: now)
    }

    /// Whether a closed gap has nothing to wait for.
    private func isReady(_ gap: GapRecord, now: Instant, clock: MonotonicInstant) -> Bool {
        let missing = IntervalSet(gap.missing)
        let isUrgent =
            missing.first.map { $0.from + options.limits.window - now < options.limits.deadlineMargin } ?? false
        if !isUrgent, !missing.intersection(fold.undecidedCredit(of: gap.stream, at: clock)).isEmpty { return false }
        // Jobs that were given up: each makes the next wait longer.
        let given = gap.jobs.compactMap { fold.jobs[$0] }.filter { $0.state == .failed || $0.state == .cancelled }
        guard let last = given.compactMap(\.finishedAt).max() else { return true }
        return now >= last + RetryDelay.server.delay(afterFailures: given.count)
    }

    private mutating func add(_ request: BackfillRequest, origin: JobRecord.Origin, now: Instant) -> JobRecord {
        var job = JobRecord(
            id: freeJobID(request),
            origin: origin,
            product: request.product,
            partition: request.partition,
            range: request.range,
            fills: request.fills,
            knownOffset: fold.nextOffset,
            createdAt: now
        )
        job.gaps = request.gaps
        lead?.machines[job.id] = BackfillJobStateMachine(
            job,
            limits: options.limits,
            slack: options.timing.slack,
            at: MonotonicInstant(nanoseconds: .min)
        )
        fold.keep(job)
        lead?.changedJobs.insert(job.id)
        return job
    }

    private func freeJobID(_ request: BackfillRequest) -> String {
        let partition = request.partition.map { "\($0)" } ?? "all"
        let base = "\(request.product.rawValue)-\(partition)-\(request.range.from.compact)"
        var number = 1
        while fold.jobs["\(base)-\(number)"] != nil { number += 1 }
        return "\(base)-\(number)"
    }

    private mutating func keep(_ job: String) {
        guard let record = lead?.machines[job]?.record, fold.jobs[job] != record || record.state.isFinal else { return }
        fold.keep(record)
        lead?.changedJobs.insert(job)
        if record.state.isFinal { lead?.machines[job] = nil }
    }

    /// Brings the jobs' counts in step with the census; what a job was told once stays when the census is folded away.
    private mutating func countEmitted() {
        guard lead?.recoveryRevision != fold.recoveryRevision else { return }
        lead?.recoveryRevision = fold.recoveryRevision
        for job in Array(fold.recentJobs) {
            guard let emitted = fold.emitted(by: job), emitted > job.emitted ?? -1 else { continue }
            lead?.machines[job.id]?.emitted(emitted)
            var told = job
            told.emitted = emitted
            fold.keep(told)
            lead?.changedJobs.insert(job.id)
        }
    }

    private mutating func jobsToSave(at clock: MonotonicInstant) -> [JobRecord] {
        guard let changed = lead?.changedJobs.compactMap({ fold.jobs[$0] }) else { return [] }
        var due: [JobRecord] = []
        for job in changed.sorted(by: { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }) {
            if let saved = lead?.savedJobs[job.id], saved.record.state == job.state,
                saved.record.attempts == job.attempts, saved.record == job || clock - saved.at < options.jobSaveInterval
            {
                if saved.record == job { lead?.changedJobs.remove(job.id) }
                continue
            }
            due.append(job)
            lead?.changedJobs.remove(job.id)
            lead?.savedJobs[job.id] = (job, clock)
        }
        return due
    }
}

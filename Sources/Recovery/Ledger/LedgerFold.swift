public import Tweets

/// The state of the control topic, folded: what every session, loss, census and job says about event time.
///
/// Records may come in any order and any number of times; the fold is the same. It holds no clock: when a record
/// arrived is handed in, and only "who was heard lately" depends on it.
public struct LedgerFold: Sendable {
    /// A session's latest record, when it was last heard of, and where it stood before.
    struct Session: Sendable {
        var record: SessionRecord
        var heardAt: MonotonicInstant
        var marks = OffsetMarks()

        init(_ record: SessionRecord, heardAt now: MonotonicInstant) {
            self.record = record
            heardAt = now
            marks.note(record)
        }

        /// Takes a further record of it; one that says nothing new is not a sign of life.
        mutating func take(_ other: SessionRecord, heardAt now: MonotonicInstant) {
            guard other.supersedes(record) else { return }
            record = other
            heardAt = now
            marks.note(other)
        }
    }

    /// A loss and where in the control topic it was first seen.
    struct Loss: Sendable {
        var record: LossRecord
        var offset: Int64
    }

    /// By what spans of time it judges.
    public let timing: LedgerTiming

    var sessions: [StreamPartition: [ControlKey: Session]] = [:]
    var losses: [ControlKey: Loss] = [:]
    private(set) var census: [ControlKey: CensusRecord] = [:]
    private var censusHoles = CensusHoles()
    private var recoveryCounts = RecoveryCounts()
    var ledgers: [StreamPartition: LedgerRecord] = [:]

    private var recent = RecentJobs()

    /// The jobs, by ID.
    public private(set) var jobs: [String: JobRecord] = [:]
    /// The gaps, by ID.
    public internal(set) var gaps: [String: GapRecord] = [:]
    /// Rises with every change of the census, so that whoever sorts it need not do so at every look.
    public private(set) var censusRevision = 0
    /// The offset after the last record that was folded in.
    public private(set) var nextOffset: Int64 = 0

    /// A fold of nothing.
    public init(timing: LedgerTiming) {
        self.timing = timing
    }

    /// Takes a record in.
    ///
    /// - Parameters:
    ///   - record: What was written.
    ///   - offset: Its offset in the control topic.
    ///   - now: When it arrived here.
    public mutating func apply(_ record: ControlRecord, offset: Int64, arrivedAt now: MonotonicInstant) {
        nextOffset = max(nextOffset, offset + 1)
        switch record {
        case .session(let session):
            apply(session, arrivedAt: now)
        case .gap(let gap):
            gaps[gap.id] = gap
        case .job(let job):
            keep(job)
        case .loss(let loss):
            losses[loss.key] = Loss(record: loss, offset: offset)
        case .census(let record):
            forgetCensus(record.key)
            census[record.key] = record
            censusHoles.add(record)
            recoveryCounts.add(record)
            censusRevision += 1
        case .ledger(let ledger):
            keep(ledger)
        case .claim, .topics:
            break
        }
    }

    /// Notes that everything up to an offset is known, though the record itself says nothing new.
    mutating func pass(_ offset: Int64) {
        nextOffset = max(nextOffset, offset + 1)
    }

    /// Puts the state of a job in place of what control has, which will follow.
    mutating func keep(_ job: JobRecord) {
        jobs[job.id] = job
        recent.note(job, ledgers)
    }

    private mutating func keep(_ ledger: LedgerRecord) {
        let before = ledgers[ledger.stream]?.to
        ledgers[ledger.stream] = ledger
        recent.settle(ledger.stream, from: before, to: ledger.to, jobs)
    }

    /// The highest offset of raw that any session or job was told is acknowledged; nil where none was.
    ///
    /// A truncation that was found explains why what had been told before it is gone, and nothing that came later.
    func highestAcknowledged(in partition: Int) -> Int64? {
        let known = truncations(of: partition)
        func isUnexplained(_ last: Int64, since start: Instant) -> Bool {
            !known.contains { $0.toOffset > last && $0.foundAt >= start }
        }
        var highest: Int64?
        func note(_ offsets: SessionRecord.Offsets?, since start: Instant) {
            guard let last = offsets?.last, last > highest ?? .min, isUnexplained(last, since: start) else { return }
            highest = last
        }
        for of in sessions.values {
            for index in of.values.indices {
                note(of.values[index].record.offsets[partition], since: of.values[index].record.serverDate)
            }
        }
        for job in recentJobs { note(job.offsets[partition], since: job.createdAt) }
        return highest
    }

    /// The offsets of raw that were given out twice, as sessions and jobs tell, unless a loss speaks of them already.
    func rewritten(in partition: Int) -> SessionRecord.Rewritten? {
        let known = truncations(of: partition).filter { $0.finding == .rewritten }
        let told =
            sessions.values.joined().compactMap { $0.value.record.offsets[partition]?.rewritten }
            + recentJobs.compactMap { $0.offsets[partition]?.rewritten }
        return told.filter { told in
            !known.contains { $0.fromOffset <= told.from && $0.toOffset > told.through }
        }.reduce(nil) { union, told in
            SessionRecord.Rewritten(
                from: min(union?.from ?? told.from, told.from),
                through: max(union?.through ?? told.through, told.through)
            )
        }
    }

    private func truncations(of partition: Int) -> [LossRecord] {
        losses.values.map(\.record).filter { $0.finding?.isTruncation == true && $0.kafkaPartition == partition }
    }

    /// How many Tweets recovery brought first in the minutes of a job, as far as the census tells it; nil where it
    /// tells nothing.
    func emitted(by job: JobRecord) -> Int64? {
        recoveryCounts.emitted(by: job)
    }

    /// Rises whenever the census tells more of what recovery brought first.
    var recoveryRevision: Int { recoveryCounts.revision }

    /// The newest moment at which a session opened, by the server's clock.
    var newestSessionStart: Instant? { sessions.values.joined().map(\.value.record.serverDate).max() }

    private mutating func forgetCensus(_ key: ControlKey) {
        guard let known = census.removeValue(forKey: key) else { return }
        censusHoles.remove(known)
        recoveryCounts.remove(known)
        censusRevision += 1
    }

    /// Forgets what a tombstone names.
    public mutating func remove(_ key: ControlKey, offset: Int64) {
        nextOffset = max(nextOffset, offset + 1)
        switch key.kind {
        case .session:
            for stream in sessions.keys { sessions[stream]?[key] = nil }
        case .gap:
            gaps[key.id] = nil
        case .job:
            if let job = jobs.removeValue(forKey: key.id) { recent.forget(job) }
        case .loss:
            losses[key] = nil
        case .census:
            forgetCensus(key)
        case .ledger:
            for (stream, ledger) in ledgers where ledger.key == key {
                ledgers[stream] = nil
                recent.settle(stream, from: ledger.to, to: nil, jobs)
            }
        case .claim, .topics, nil:
            break
        }
    }

    /// The stream partitions that any session was ever opened for.
    public var streams: [StreamPartition] {
        Set(sessions.filter { !$0.value.isEmpty }.keys).union(ledgers.keys).sorted()
    }

    /// Whether no session of the stream partition was heard for the hearing span, by the arrival clock.
    public func isUnheard(_ stream: StreamPartition, at now: MonotonicInstant) -> Bool {
        !(sessions[stream] ?? [:]).values.contains { now - $0.heardAt < timing.hearing }
    }

    /// The connections that have a session which lives and was heard lately: the redundancy in force.
    public func liveConnections(of stream: StreamPartition, at now: MonotonicInstant) -> [String] {
        Set(
            (sessions[stream] ?? [:]).values
                .filter { $0.record.closed == nil && now - $0.heardAt < LedgerTiming.signOfLife }
                .map(\.record.connection)
        ).sorted()
    }

    /// Event time that a live session may yet earn as backfill credit.
    public func undecidedCredit(of stream: StreamPartition, at now: MonotonicInstant) -> IntervalSet {
        IntervalSet(
            (sessions[stream] ?? [:]).values
                .filter {
                    $0.record.closed == nil && !$0.record.backfill.decided && $0.record.backfill.askedMinutes > 0
                        && now - $0.heardAt < timing.hearing
                }
                .map {
                    let leftEnd = LedgerTiming.leftEnd(of: $0.record)
                    return EventInterval(
                        from: leftEnd - CoverageRule.askedTime(of: $0.record),
                        to: leftEnd
                    )
                }
        )
    }

    /// The jobs of which a part lies in time that is not folded yet.
    var recentJobs: some Sequence<JobRecord> { recent.all.lazy.compactMap { jobs[$0] } }

    /// Everything that is known of one stream partition; nil before its timeline starts.
    ///
    /// - Parameters:
    ///   - stream: Which one.
    ///   - frontier: The settled frontier, exclusive.
    public func coverage(of stream: StreamPartition, frontier: Instant) -> StreamCoverage? {
        coverage(of: stream, frontier: frontier, ledger: ledgers[stream])
    }

    /// The same without what was folded away, where nothing has changed of that since: a year of it is long, and a look
    /// comes every second.
    public func unfoldedCoverage(of stream: StreamPartition, frontier: Instant) -> StreamCoverage? {
        guard var ledger = ledgers[stream], frontier >= ledger.to else {
            return coverage(of: stream, frontier: frontier)
        }
        let isAsFolded = lossTimes(of: stream).allSatisfy { $0.loss.offset < ledger.knownOffset }
        guard isAsFolded else { return coverage(of: stream, frontier: frontier) }
        ledger.from = ledger.to
        ledger.covered = []
        ledger.byConnection = ledger.byConnection.mapValues { _ in [] }
        ledger.filled = []
        ledger.unrecoverable = []
        var coverage = coverage(of: stream, frontier: frontier, ledger: ledger)
        coverage?.timeline.from = ledger.to
        return coverage
    }

    private func coverage(
        of stream: StreamPartition,
        frontier: Instant,
        ledger: LedgerRecord?
    ) -> StreamCoverage? {
        let records = (sessions[stream] ?? [:]).values.map(\.record)
        guard let start = timelineStart(of: stream, records: records) else { return nil }

        // What lies before the ledger's end is told by the ledger alone: the holes that were cut out of the sessions' claims
        // there have gone with their records.
        let folded = EventInterval(from: Instant(milliseconds: .min), to: ledger?.to ?? Instant(milliseconds: .min))

        var claims: [String: [EventInterval]] = [:]
        var holes: [String: [EventInterval]] = [:]
        for record in records {
            if let covered = record.covered { claims[record.connection, default: []].append(covered) }
            holes[record.connection, default: []] += record.holes
        }
        let losses = lossTimes(of: stream)
        let lost = losses.reduce(into: IntervalSet()) { $0 = $0.union($1.time) }
        let lostSince = losses.reduce(into: IntervalSet()) {
            if $1.loss.offset >= ledger?.knownOffset ?? 0 { $0 = $0.union($1.time) }
        }

        var claimed = IntervalSet(ledger?.covered ?? [])
        var covered = claimed.subtracting(lostSince)
        var byConnection = (ledger?.byConnection ?? [:]).mapValues { IntervalSet($0) }
        for (connection, intervals) in claims {
            let claim = IntervalSet(intervals)
            let own = IntervalSet(holes[connection] ?? [])
                .union(censusHoles.holes(of: connection, claiming: claim, stream: stream))
            let delivered = claim.subtracting(own).subtracting(folded)
            byConnection[connection] = (byConnection[connection] ?? IntervalSet()).union(delivered)
            claimed = claimed.union(claim.subtracting(folded))
            covered = covered.union(delivered.subtracting(lost))
        }

        return StreamCoverage(
            stream: stream,
            timeline: EventInterval(from: start, to: max(start, frontier)),
            byConnection: byConnection,
            claimed: claimed,
            lost: lost,
            truncated: losses.reduce(into: IntervalSet()) {
                if $1.loss.record.finding?.isTruncation == true { $0 = $0.union($1.time) }
            },
            covered: covered,
            filled: filled(stream, losses: losses, folded: folded)
                .union(IntervalSet(ledger?.filled ?? []).subtracting(lostSince)),
            givenUp: IntervalSet(ledger?.unrecoverable ?? [])
        )
    }

    // MARK: What jobs filled

    /// A job fills only what was known to be missing when it was made, and nothing that was lost after it.
    private func filled(
        _ stream: StreamPartition,
        losses: [LossTime],
        folded: EventInterval
    ) -> IntervalSet {
        var filled: [EventInterval] = []
        for job in recent.ids(of: stream).lazy.compactMap({ jobs[$0] }) where job.to > folded.to {
            for fill in job.fills where fill.stream == stream {
                var done = IntervalSet(fill.intervals)
                    .intersection(job.range)
                    .subtracting(IntervalSet(job.remaining))
                    .subtracting(IntervalSet(job.lost))
                    .subtracting(folded)
                for loss in losses where loss.loss.offset >= job.knownOffset { done = done.subtracting(loss.time) }
                filled += done.intervals
            }
        }
        return IntervalSet(filled)
    }

    // MARK: What was lost behind an acknowledgement

    private typealias LossTime = (loss: Loss, time: IntervalSet)

    /// The event time that the records of a loss may have carried, by stream partition.
    ///
    /// Empty where no session and no job is known to have written into the offsets.
    public func eventTime(of loss: LossRecord) -> [StreamIntervals] {
        var times: [StreamPartition: [EventInterval]] = [:]
        for (_, session) in sessions.values.joined() {
            guard let time = session.marks.eventTime(of: loss, session: session.record) else { continue }
            times[session.record.stream, default: []].append(time)
        }
        for job in jobs.values {
            guard let offsets = job.offsets[loss.kafkaPartition], offsets.first < loss.toOffset,
                offsets.last >= loss.fromOffset
            else { continue }
            for fill in job.fills { times[fill.stream, default: []].append(job.range) }
        }
        return times.keys.sorted().map {
            StreamIntervals(stream: $0, intervals: IntervalSet(times[$0] ?? []).intervals)
        }
    }

    /// The event time of a loss: as it was mapped when it was found, and what sessions have told since.
    ///
    /// A session's record follows its records in raw by a second, and by more where its bridge stood still between the two.
    /// After a truncation the same offsets are given out again, so nothing is added to that.
    func times(of loss: LossRecord) -> [StreamIntervals] {
        guard let mapped = loss.eventTime else { return eventTime(of: loss) }
        return loss.finding?.isTruncation == true ? mapped : mapped + eventTime(of: loss)
    }

    /// The delivery census, by minute and Kafka partition.
    public var censusRecords: [CensusRecord] {
        census.values.sorted { ($0.minute, $0.kafkaPartition) < ($1.minute, $1.kafkaPartition) }
    }

    /// The latest record of every session, by stream partition, connection and start.
    public var sessionRecords: [SessionRecord] {
        sessions.values.joined().map(\.value.record).sorted { $0.key.text < $1.key.text }
    }

    /// The losses whose offsets were not yet mapped to event time in the record itself.
    public var unmappedLosses: [LossRecord] {
        losses.values.map(\.record).filter { $0.eventTime == nil }.sorted { $0.key.text < $1.key.text }
    }

    private func lossTimes(of stream: StreamPartition) -> [LossTime] {
        losses.values.map { loss in
            let times = times(of: loss.record)
            return (loss, IntervalSet(times.filter { $0.stream == stream }.flatMap(\.intervals)))
        }
    }

    // MARK: Records

    private mutating func apply(_ record: SessionRecord, arrivedAt now: MonotonicInstant) {
        sessions[record.stream, default: [:]].take(record, arrivedAt: now)
    }

    private func timelineStart(of stream: StreamPartition, records: [SessionRecord]) -> Instant? {
        let starts =
            records
            .filter { $0.covered != nil || $0.closed != .http }
            .map { min($0.covered?.from ?? LedgerTiming.leftEnd(of: $0), LedgerTiming.leftEnd(of: $0)) }
        return (starts + [ledgers[stream]?.from].compactMap(\.self)).min()
    }
}

extension [ControlKey: LedgerFold.Session] {
    /// With one look for the key: records of sessions are most of what there is to fold.
    fileprivate mutating func take(_ record: SessionRecord, arrivedAt now: MonotonicInstant) {
        { (known: inout LedgerFold.Session?) in
            if known == nil {
                known = LedgerFold.Session(record, heardAt: now)
            } else {
                known?.take(record, heardAt: now)
            }
        }(&self[record.key])
    }
}

extension SessionRecord {
    /// Whether this record tells more than another of the same session.
    fileprivate func supersedes(_ other: SessionRecord) -> Bool {
        if sequence != other.sequence { return sequence > other.sequence }
        return closed != nil && other.closed == nil
    }
}

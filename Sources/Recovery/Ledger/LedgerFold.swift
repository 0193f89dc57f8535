public import Tweets

/// The state of the control topic, folded: what every session, loss, census and job says about event time.
///
/// Records may come in any order and any number of times; the fold is the same. It holds no clock: when a record
/// arrived is handed in, and only "who was heard lately" depends on it.
public struct LedgerFold: Sendable {
    /// A loss and where in the control topic it was first seen.
    struct Loss: Sendable {
        var record: LossRecord
        var offset: Int64
    }

    /// By what spans of time it judges.
    public let timing: LedgerTiming

    var sessions: [StreamPartition: StreamSessions] = [:]
    var losses: [ControlKey: Loss] = [:]
    private(set) var census: [ControlKey: CensusRecord] = [:]
    private var censusHoles = CensusHoles()
    private var recoveryCounts = RecoveryCounts()
    var ledgers: [StreamPartition: LedgerRecord] = [:]

    private var recent = RecentJobs()
    /// The last offset of raw that any job was ever told, by Kafka partition.
    private var highestByJobs: [Int: Int64] = [:]

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

    /// Puts together what has changed of history, so that the looks that follow need not each do it.
    mutating func gather() {
        for stream in sessions.keys { sessions[stream]?.gather() }
    }

    /// Notes that everything up to an offset is known, though the record itself says nothing new.
    mutating func pass(_ offset: Int64) {
        nextOffset = max(nextOffset, offset + 1)
    }

    /// Puts the state of a job in place of what control has, which will follow.
    mutating func keep(_ job: JobRecord) {
        jobs[job.id] = job
        recent.note(job, ledgers)
        for (partition, offsets) in job.offsets {
            highestByJobs[partition] = max(highestByJobs[partition] ?? offsets.reach, offsets.reach)
        }
    }

    private mutating func keep(_ ledger: LedgerRecord) {
        let before = ledgers[ledger.stream]?.to
        ledgers[ledger.stream] = ledger
        recent.settle(ledger.stream, from: before, to: ledger.to, jobs)
    }

    /// Whether some session or job was told of an offset that is not below the end of its partition of raw, or of offsets
    /// that were given out again.
    ///
    /// Mostly none was, and there is nothing to be explained; of jobs that are forgotten it may be told in vain.
    func isTold(beyond ends: [Int: Int64]) -> Bool {
        ends.contains { partition, end in
            highestByJobs[partition] ?? -1 >= end
                || sessions.values.contains { $0.highestOffset(in: partition) ?? -1 >= end }
        }
    }

    /// The highest offset of raw that any session or job was told is acknowledged, and whose going nothing explains yet;
    /// nil where there is none.
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
        for session in sessions.values.lazy.flatMap(\.all) {
            note(session.record.offsets[partition], since: session.record.serverDate)
        }
        for job in recentJobs { note(job.offsets[partition], since: job.createdAt) }
        return highest
    }

    /// The offsets of raw that were given out twice, as sessions and jobs tell, unless a loss speaks of them already.
    func rewritten(in partition: Int) -> SessionRecord.Rewritten? {
        let known = truncations(of: partition).filter { $0.finding == .rewritten }
        let told =
            sessions.values.flatMap(\.all).compactMap { $0.record.offsets[partition]?.rewritten }
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
    var newestSessionStart: Instant? { sessions.values.flatMap(\.all).map(\.record.serverDate).max() }

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
            for stream in sessions.keys { sessions[stream]?.remove(key) }
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
        !(sessions[stream]?.isHeard(since: now - timing.hearing) ?? false)
    }

    /// The connections that have a session which lives and was heard lately: the redundancy in force.
    public func liveConnections(of stream: StreamPartition, at now: MonotonicInstant) -> [String] {
        var connections: Set<String> = []
        sessions[stream]?.fromOpen { session in
            if now - session.heardAt < LedgerTiming.signOfLife { connections.insert(session.record.connection) }
        }
        return connections.sorted()
    }

    /// Event time that a live session may yet earn as backfill credit.
    public func undecidedCredit(of stream: StreamPartition, at now: MonotonicInstant) -> IntervalSet {
        var credit = IntervalSet()
        sessions[stream]?.fromOpen { session in
            guard !session.record.backfill.decided, session.record.backfill.askedMinutes > 0,
                now - session.heardAt < timing.hearing
            else { return }
            let leftEnd = LedgerTiming.leftEnd(of: session.record)
            let asked = CoverageRule.askedTime(of: session.record)
            credit = credit.union(EventInterval(from: leftEnd - asked, to: leftEnd))
        }
        return credit
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
        let told = sessions[stream]?.claims
        guard let start = [told?.start, ledgers[stream]?.from].compactMap(\.self).min() else { return nil }

        // What lies before the ledger's end is told by the ledger alone: the holes that were cut out of the sessions' claims
        // there have gone with their records.
        let folded = EventInterval(from: Instant(milliseconds: .min), to: ledger?.to ?? Instant(milliseconds: .min))

        let losses = lossTimes(of: stream)
        let lost = losses.reduce(into: IntervalSet()) { $0 = $0.union($1.time) }
        let lostSince = losses.reduce(into: IntervalSet()) {
            if $1.loss.offset >= ledger?.knownOffset ?? 0 { $0 = $0.union($1.time) }
        }

        var claimed = IntervalSet(ledger?.covered ?? [])
        var covered = claimed.subtracting(lostSince)
        var byConnection = (ledger?.byConnection ?? [:]).mapValues { IntervalSet($0) }
        for (connection, own) in told?.byConnection ?? [:] where !own.claimed.isEmpty {
            let holes = own.holes.union(
                censusHoles.holes(of: connection, claiming: own.claimed, stream: stream)
            )
            let delivered = own.claimed.subtracting(holes).subtracting(folded)
            byConnection[connection] = (byConnection[connection] ?? IntervalSet()).union(delivered)
            claimed = claimed.union(own.claimed.subtracting(folded))
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
        for session in sessions.values.lazy.flatMap(\.all) {
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
        sessions.values.flatMap(\.all).map(\.record).sorted { $0.key.text < $1.key.text }
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
        sessions[record.stream, default: StreamSessions()].take(record, heardAt: now)
    }
}

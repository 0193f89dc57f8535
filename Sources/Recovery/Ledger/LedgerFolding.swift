public import Tweets

/// Folds settled history of a stream partition into its ledger record, and says which records it makes needless.
///
/// The order matters to whoever writes: the ledger record first, or together, and the removals never before it.
public struct LedgerFolding: Sendable {
    /// How long gaps and jobs are kept for reports after they ended.
    public static let reportTime: Duration = .seconds(90 * 86400)
    /// History is folded once it is older than the recovery window by this much: until then a job may still change it.
    public static let margin: Duration = .seconds(86400)
    /// The most intervals that are kept for each connection and of what was recovered.
    ///
    /// What is older is told for all connections together only, and what was recovered as delivered: a record must not grow
    /// for ever.
    public static let intervalsMax = 2000

    /// The ledger record; nil where there is nothing to fold yet.
    public var ledger: LedgerRecord?
    /// Records that say nothing that the ledger does not say.
    public var removals: [ControlKey]

    /// Folds what can be folded.
    ///
    /// - Parameters:
    ///   - coverage: What is known of the stream partition: all of it, or from the ledger's end on.
    ///   - fold: The state of control.
    ///   - gaps: Its gaps; those that have ended only where they may be removed.
    ///   - limit: Newer time is left alone.
    ///   - step: Less than this is not worth a record.
    ///   - now: The coordinator's clock.
    public init(
        _ coverage: StreamCoverage,
        fold: LedgerFold,
        gaps: [GapRecord],
        limit: Instant,
        step: Duration,
        now: Instant
    ) {
        ledger = nil
        removals = []
        let stream = coverage.stream
        let known = fold.ledgers[stream]
        let end = Self.end(
            coverage,
            fold: fold,
            gaps: gaps.lazy.filter { !$0.state.isFinal },
            jobs: fold.recentJobs.filter { !$0.state.isFinal },
            limit: limit
        )
        guard end - (known?.to ?? coverage.timeline.from) >= step else { return }
        let past = EventInterval(from: Instant(milliseconds: .min), to: end)
        let timeline = EventInterval(from: coverage.timeline.from, to: end)
        // A year is long: where the ledger's own part is as it was, the new one is put behind it.
        let before = known.flatMap { $0.to == coverage.timeline.from ? $0 : nil }
        func joined(_ told: [EventInterval]?, _ set: IntervalSet, _ within: EventInterval) -> [EventInterval] {
            set.intersection(within).appended(to: told ?? [])
        }
        let filled = joined(before?.filled, coverage.filled, past)
        let told = filled.suffix(Self.intervalsMax)
        var covered = joined(before?.covered, coverage.covered, past)
        if told.count < filled.count {
            covered = IntervalSet(covered).union(IntervalSet(filled.dropLast(told.count))).intervals
        }
        let connections = Set(coverage.byConnection.keys).union(before?.byConnection.keys.map(\.self) ?? [])
        ledger = LedgerRecord(
            stream: stream,
            from: before?.from ?? coverage.timeline.from,
            to: end,
            covered: covered,
            byConnection: Dictionary(
                uniqueKeysWithValues: connections.map { name in
                    let own = joined(before?.byConnection[name], coverage.byConnection[name] ?? IntervalSet(), past)
                    return (name, own.suffix(Self.intervalsMax))
                }
            ),
            filled: Array(told),
            unrecoverable: joined(before?.unrecoverable, coverage.missing, timeline),
            knownOffset: fold.nextOffset,
            updatedAt: now
        )
        ledger?.unknown = known?.unknown ?? UnknownFields()
        removals = Self.removals(stream, fold: fold, gaps: gaps, end: end, now: now)
    }

    /// Whether there may be enough to fold, without the work of folding it.
    ///
    /// - Parameters:
    ///   - coverage: At least what is not folded yet.
    ///   - gaps: The gaps that have not ended; of other stream partitions too.
    ///   - jobs: The jobs that have not ended.
    static func isDue(
        _ coverage: StreamCoverage,
        fold: LedgerFold,
        gaps: [GapRecord],
        jobs: some Sequence<JobRecord>,
        limit: Instant,
        step: Duration
    ) -> Bool {
        let end = end(
            coverage,
            fold: fold,
            gaps: gaps.filter { $0.stream == coverage.stream },
            jobs: jobs,
            limit: limit
        )
        return end - (fold.ledgers[coverage.stream]?.to ?? coverage.timeline.from) >= step
    }

    /// Up to where nothing can change any more.
    private static func end(
        _ coverage: StreamCoverage,
        fold: LedgerFold,
        gaps: some Sequence<GapRecord>,
        jobs: some Sequence<JobRecord>,
        limit: Instant
    ) -> Instant {
        var end = min(limit, coverage.timeline.to)
        for gap in gaps { end = min(end, gap.from) }
        for job in jobs { end = min(end, job.from) }
        // Never inside a loss: what was filled again after it could not be told from what was filled before it.
        var straddling: EventInterval?
        repeat {
            straddling = fold.lossIntervals(of: coverage.stream).first { $0.from < end && end < $0.to }
            if let straddling { end = straddling.from }
        } while straddling != nil
        return end.alignedDown(to: .seconds(60))
    }

    private static func removals(
        _ stream: StreamPartition,
        fold: LedgerFold,
        gaps: [GapRecord],
        end: Instant,
        now: Instant
    ) -> [ControlKey] {
        let sessions = (fold.sessions[stream].map { $0.all.map(\.record) } ?? []).filter { record in
            // A bridge that died without a word closes nothing; one that lives wrote a moment ago.
            let isOver = record.closed != nil || record.updatedAt <= end
            return isOver && (record.covered?.to ?? record.updatedAt) <= end
        }
        let oldGaps = gaps.filter { $0.state.isFinal && $0.to <= end && $0.updatedAt < now - reportTime }
        return sessions.map(\.key).sorted { $0.text < $1.text } + oldGaps.map(\.key)
    }
}

extension LedgerFold {
    /// The event time of every loss of a stream partition, one interval each.
    func lossIntervals(of stream: StreamPartition) -> [EventInterval] {
        losses.values.compactMap { loss in
            IntervalSet(
                times(of: loss.record)
                    .filter { $0.stream == stream }
                    .flatMap(\.intervals)
            ).hull
        }
    }

    /// Records of no single stream partition that no ledger needs any more: everything that they say lies before the end
    /// of every ledger that they touch.
    func settledRecords(now: Instant) -> [ControlKey] {
        guard !ledgers.isEmpty, Set(streams).isSubset(of: Set(ledgers.keys)) else { return [] }
        let end = ledgers.values.map(\.to).min() ?? Instant(milliseconds: .min)
        let oldCensus = census.filter { $0.value.minute + .seconds(60) <= end }.keys
        let oldLosses = losses.filter { _, loss in
            guard loss.record.eventTime != nil else { return false }
            return times(of: loss.record).allSatisfy { time in
                time.intervals.allSatisfy { $0.to <= ledgers[time.stream]?.to ?? Instant(milliseconds: .min) }
            }
        }.keys
        let oldJobs = jobs.values.filter {
            $0.state.isFinal && $0.to <= end && $0.updatedAt < now - LedgerFolding.reportTime
        }
        return (Array(oldCensus) + Array(oldLosses) + oldJobs.map(\.key)).sorted { $0.text < $1.text }
    }
}

public import Tweets

/// The gaps of all stream partitions and their life, brought in step with what is known of coverage.
///
/// One reconciliation looks at the whole state and not at what changed, so that it does not matter in which order things
/// became known, nor whether a coordinator was away.
public struct GapLedger: Sendable {
    /// What a reconciliation of one stream partition needs to know besides its coverage.
    public struct Circumstances: Sendable {
        /// The coordinator's clock.
        public var now: Instant
        /// Time before it can no longer be recovered.
        public var windowEdge: Instant
        /// Whether no session of the stream partition was heard for the hearing span.
        public var unheard: Bool
        /// The end offsets of raw; empty where they are not known.
        public var rawEnds: [Int: Int64]
        /// Event time whose deletes are known, since compliance was covered.
        public var knownDeletes: IntervalSet

        /// Circumstances from their parts.
        public init(
            now: Instant,
            windowEdge: Instant,
            unheard: Bool,
            rawEnds: [Int: Int64] = [:],
            knownDeletes: IntervalSet = IntervalSet()
        ) {
            self.now = now
            self.windowEdge = windowEdge
            self.unheard = unheard
            self.rawEnds = rawEnds
            self.knownDeletes = knownDeletes
        }
    }

    /// The gaps, by ID.
    public private(set) var gaps: [String: GapRecord]
    private let timing: LedgerTiming
    /// The gaps as they were last handed out to be written.
    private var written: [String: GapRecord]
    /// A quarter's gaps are thousands, and a look comes every second: these are the few that it can change.
    private var index = GapIndex()
    /// Gaps that may have changed since they were last looked through for writing.
    private var touched: Set<String> = []

    /// The gaps as control has them.
    public init(gaps: [String: GapRecord], timing: LedgerTiming) {
        self.gaps = gaps
        self.timing = timing
        written = gaps
        for gap in gaps.values { index.note(gap) }
    }

    /// How far the timeline of a stream partition is judged; it never goes back behind a gap, even when a clock does.
    public func frontier(of stream: StreamPartition, now: Instant) -> Instant {
        index.changing(of: stream).compactMap { gaps[$0]?.to }
            .reduce(max(now - timing.settleDelay, index.end(of: stream))) { max($0, $1) }
    }

    /// The gaps for which something is still to be done, of all stream partitions, by stream partition and time.
    public var unfinished: [GapRecord] { sorted(index.unfinished) }

    /// Whether a gap waits for dedup's commit.
    public var hasFilled: Bool { !index.filled.isEmpty }

    private mutating func put(_ gap: GapRecord) {
        guard gaps[gap.id] != gap else { return }
        gaps[gap.id] = gap
        index.note(gap)
        touched.insert(gap.id)
    }

    private func sorted(_ ids: some Sequence<String>) -> [GapRecord] {
        ids.compactMap { gaps[$0] }.sorted { ($0.stream, $0.from, $0.id) < ($1.stream, $1.from, $1.id) }
    }

    /// Brings the gaps of one stream partition in step with its coverage.
    ///
    /// - Returns: The gaps that are to be written to control, oldest first.
    public mutating func reconcile(
        _ coverage: StreamCoverage,
        jobs: [String: JobRecord],
        _ circumstances: Circumstances
    ) -> [GapRecord] {
        let missing = coverage.missing
        index.settle(coverage.stream, before: coverage.timeline.from, gaps)
        for gap in sorted(index.changing(of: coverage.stream)) {
            switch gap.state {
            case .open:
                reconcileOpen(gap, coverage, missing, circumstances)
            case .closed, .scheduled, .running:
                reconcileClosed(gap, coverage, missing, jobs, circumstances)
            case .unrecoverable, .partial:
                withdrawIfCovered(gap, coverage, missing, circumstances)
            case .filled, .settled, .withdrawn:
                break
            }
        }
        for interval in missing.subtracting(accounted(for: coverage.stream)).subtracting(coverage.givenUp).intervals {
            add(interval, coverage, circumstances)
        }
        return toWrite(now: circumstances.now)
    }

    /// Notes a job that was made for gaps.
    ///
    /// - Returns: The gaps that are to be written.
    public mutating func assign(_ job: JobRecord, now: Instant) -> [GapRecord] {
        for id in job.gaps {
            guard var gap = gaps[id], !gap.jobs.contains(job.id) else { continue }
            gap.jobs.append(job.id)
            gap.state = gap.state.isFinal ? gap.state : .scheduled
            put(gap)
        }
        return toWrite(now: now)
    }

    /// Notes how far dedup has committed: a filled gap settles once that is past the last record of its jobs.
    ///
    /// - Parameters:
    ///   - committed: The dedup group's committed offsets of raw by Kafka partition; nil where none are to be had.
    ///   - jobs: All jobs, by their IDs.
    ///   - now: The server's time, as well as it is known.
    /// - Returns: The gaps that are to be written.
    public mutating func settle(
        committed: [Int: Int64]?,
        jobs: [String: JobRecord],
        now: Instant
    ) -> [GapRecord] {
        for var gap in sorted(index.filled) {
            guard let committed else {
                guard gap.reason == nil else { continue }
                gap.reason = "settlement cannot be confirmed: this cluster stores no committed offsets of dedup"
                put(gap)
                continue
            }
            let isPast = gap.jobs.compactMap { jobs[$0] }.allSatisfy { job in
                job.offsets.allSatisfy { partition, offsets in (committed[partition] ?? -1) > offsets.last }
            }
            guard isPast else { continue }
            gap.state = .settled
            gap.reason = nil
            put(gap)
        }
        return toWrite(now: now)
    }

    /// Forgets gaps whose records were removed from control.
    public mutating func remove(_ ids: some Sequence<String>) {
        for id in ids {
            if let gap = gaps.removeValue(forKey: id) { index.forget(gap) }
            written[id] = nil
            touched.remove(id)
        }
    }

    // MARK: One gap

    private mutating func reconcileOpen(
        _ gap: GapRecord,
        _ coverage: StreamCoverage,
        _ missing: IntervalSet,
        _ circumstances: Circumstances
    ) {
        let reach = EventInterval(from: gap.from, to: max(gap.to, coverage.timeline.to))
        let own = missing.intersection(reach).subtracting(accounted(for: coverage.stream, except: gap.id))
        guard let first = own.first else {
            end(gap, coverage, circumstances)
            return
        }
        var kept = gap
        kept.from = first.from
        kept.to = first.to
        kept.missing = [first]
        kept.source = coverage.source(of: first)
        close(&kept, ifNotGrowing: coverage, circumstances)
        put(kept)
        for interval in own.intervals.dropFirst() { add(interval, coverage, circumstances) }
    }

    private mutating func reconcileClosed(
        _ before: GapRecord,
        _ coverage: StreamCoverage,
        _ missing: IntervalSet,
        _ jobs: [String: JobRecord],
        _ circumstances: Circumstances
    ) {
        var gap = before
        let own = missing.intersection(gap.range)
        guard !own.isEmpty else {
            end(gap, coverage, circumstances)
            return
        }
        let active = gap.jobs.compactMap { jobs[$0] }.filter { !$0.state.isFinal }
        let isAskedFor = active.contains { $0.state == .running }
        gap.missing = own.intervals
        // What a request at work was asked for in time may still come.
        let tooOld =
            isAskedFor
            ? IntervalSet()
            : own.intersection(EventInterval(from: gap.from, to: max(gap.from, circumstances.windowEdge)))
        let isSplit = splitOff(tooOld, of: &gap, own, coverage, circumstances)
        let left = isSplit ? own.subtracting(tooOld) : own
        guard active.isEmpty else {
            gap.state = isAskedFor || active.contains { $0.attempts > 0 } ? .running : .scheduled
            gap.missing = left.intervals
            put(gap)
            return
        }
        gap.state = .closed
        let refused = left.intersection(IntervalSet(gap.jobs.compactMap { jobs[$0] }.flatMap(\.lost)))
        let dead = refused.union(tooOld.intersection(left))
        let alive = left.subtracting(dead)
        if alive.isEmpty {
            let reason = dead == refused ? "holds a message that no topic takes" : Self.reason(circumstances)
            giveUp(&gap, dead, reason, filled: coverage.filled)
        } else {
            // A part that has just left the window is told with the next minute of it; nobody asks for it meanwhile.
            gap.unrecoverable = refused.intervals
            gap.missing = alive.union(tooOld.intersection(left)).intervals
        }
        put(gap)
    }

    /// Makes what has left the recovery window a gap of its own, which ends with that: the rest goes on without it.
    ///
    /// The window moves on all the time, so the part grows a minute at a time, and is one record however long that lasts.
    ///
    /// - Returns: Whether the gap now begins where the window does.
    private mutating func splitOff(
        _ tooOld: IntervalSet,
        of gap: inout GapRecord,
        _ own: IntervalSet,
        _ coverage: StreamCoverage,
        _ circumstances: Circumstances
    ) -> Bool {
        let edge = circumstances.windowEdge
        guard edge > gap.from, edge < gap.to, tooOld.duration >= Self.splitMin, own != tooOld else { return false }
        let before = index.changing(of: gap.stream).compactMap { gaps[$0] }.first {
            $0.to == gap.from && $0.state == .unrecoverable && $0.unrecoverable.last?.to == $0.to
                && $0.source == gap.source && $0.jobs == gap.jobs
        }
        var lost = before ?? gap
        if before == nil { lost.id = freeID(coverage.stream, from: gap.from) }
        lost.to = edge
        let dead = IntervalSet(lost.unrecoverable).union(tooOld)
        giveUp(&lost, dead, Self.reason(circumstances), filled: coverage.filled)
        put(lost)
        gap.from = edge
        gap.unrecoverable = IntervalSet(gap.unrecoverable).intersection(gap.range).intervals
        return true
    }

    /// The window moves on with every second; a record for each would be no help to anybody.
    private static let splitMin: Duration = .seconds(60)

    private static func reason(_ circumstances: Circumstances) -> String {
        "left the recovery window, which began at \(circumstances.windowEdge), before it was recovered"
    }

    /// A gap of which nothing is missing any more was filled if recovery had a share in it, else it was none.
    private mutating func end(_ before: GapRecord, _ coverage: StreamCoverage, _ circumstances: Circumstances) {
        var gap = before
        gap.missing = []
        gap.unrecoverable = []
        if gap.closedAt == nil { gap.closedAt = circumstances.now }
        if gap.rawOffsets.closed.isEmpty { gap.rawOffsets.closed = circumstances.rawEnds }
        if coverage.filled.overlaps(gap.range) {
            gap.state = .filled
            gap.reason = nil
            gap.deletes = circumstances.knownDeletes.contains(gap.range) ? .known : .unknown
        } else {
            gap.state = .withdrawn
            let connections = coverage.connections(covering: gap.range)
            gap.reason =
                connections.isEmpty
                ? "covered after all, by several connections in turn"
                : "covered after all, by connection " + connections.joined(separator: " and ")
        }
        put(gap)
    }

    private mutating func withdrawIfCovered(
        _ gap: GapRecord,
        _ coverage: StreamCoverage,
        _ missing: IntervalSet,
        _ circumstances: Circumstances
    ) {
        guard !missing.overlaps(gap.range), coverage.timeline.to >= gap.to,
            coverage.timeline.from <= gap.unrecoverable.first?.from ?? gap.from
        else { return }
        end(gap, coverage, circumstances)
    }

    private func giveUp(_ gap: inout GapRecord, _ dead: IntervalSet, _ reason: String, filled: IntervalSet) {
        gap.missing = dead.intervals
        gap.unrecoverable = dead.intervals
        gap.state = filled.overlaps(gap.range) ? .partial : .unrecoverable
        gap.reason = reason
    }

    // MARK: New gaps

    private mutating func add(
        _ interval: EventInterval,
        _ coverage: StreamCoverage,
        _ circumstances: Circumstances
    ) {
        var gap = GapRecord(
            id: freeID(coverage.stream, from: interval.from),
            stream: coverage.stream,
            range: interval,
            state: .open,
            source: coverage.source(of: interval),
            openedAt: circumstances.now
        )
        gap.rawOffsets.opened = circumstances.rawEnds
        close(&gap, ifNotGrowing: coverage, circumstances)
        put(gap)
    }

    /// A gap that touches the frontier grows; where nobody is heard, what is known of it is cut off from time to time,
    /// so that it can be recovered before anybody comes back.
    private func close(
        _ gap: inout GapRecord,
        ifNotGrowing coverage: StreamCoverage,
        _ circumstances: Circumstances
    ) {
        let isGrowing = gap.to >= coverage.timeline.to
        let isCut = circumstances.unheard && gap.range.duration >= timing.openGapCut
        guard !isGrowing || isCut else { return }
        gap.state = .closed
        gap.closedAt = circumstances.now
        gap.rawOffsets.closed = circumstances.rawEnds
    }

    /// The same stretch found twice gets an ID of its own each time, and every coordinator would give the same.
    private func freeID(_ stream: StreamPartition, from: Instant) -> String {
        let base = "\(stream.product.rawValue)-\(stream.number)-\(from.compact)"
        guard gaps[base] != nil else { return base }
        var number = 2
        while gaps["\(base)-\(number)"] != nil { number += 1 }
        return "\(base)-\(number)"
    }

    // MARK: The whole

    /// The gaps of one stream partition by time.
    public func gaps(of stream: StreamPartition) -> [GapRecord] {
        gaps.values.filter { $0.stream == stream }.sorted { ($0.from, $0.id) < ($1.from, $1.id) }
    }

    /// The gaps of one stream partition that have ended and were not written since a moment, by time.
    func ended(of stream: StreamPartition, before moment: Instant) -> [GapRecord] {
        gaps.values.filter { $0.updatedAt < moment && $0.stream == stream && $0.state.isFinal }
            .sorted { ($0.from, $0.id) < ($1.from, $1.id) }
    }

    /// Event time that some gap already speaks for.
    private func accounted(for stream: StreamPartition, except id: String? = nil) -> IntervalSet {
        IntervalSet(
            index.changing(of: stream).filter { $0 != id }.compactMap { gaps[$0] }.flatMap { gap -> [EventInterval] in
                switch gap.state {
                case .open, .closed, .scheduled, .running: [gap.range]
                case .unrecoverable, .partial: gap.unrecoverable
                case .filled, .settled, .withdrawn: []
                }
            }
        )
    }

    private mutating func toWrite(now: Instant) -> [GapRecord] {
        let due = sorted(touched).filter(needsWriting).map { gap in
            var gap = gap
            gap.updatedAt = now
            return gap
        }
        touched = []
        for gap in due {
            gaps[gap.id] = gap
            written[gap.id] = gap
        }
        return due
    }

    /// An open gap grows with every look: its new end alone is written only from time to time.
    private func needsWriting(_ gap: GapRecord) -> Bool {
        guard var known = written[gap.id] else { return true }
        if gap.state == .open, known.state == .open, gap.to > known.to, gap.to - known.to < timing.hearing {
            known.to = gap.to
            known.missing = gap.missing
        }
        known.updatedAt = gap.updatedAt
        return known != gap
    }
}

extension Instant {
    /// `20261123T204501250Z`: sorts by time and needs no quoting in a shell or a URL.
    var compact: String {
        description.filter { $0 != "-" && $0 != ":" && $0 != "." }
    }
}

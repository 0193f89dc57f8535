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

    /// The gaps as control has them.
    public init(gaps: [String: GapRecord], timing: LedgerTiming) {
        self.gaps = gaps
        self.timing = timing
        written = gaps
    }

    /// How far the timeline of a stream partition is judged; it never goes back behind a gap, even when a clock does.
    public func frontier(of stream: StreamPartition, now: Instant) -> Instant {
        gaps.values.filter { $0.stream == stream }.map(\.to).reduce(now - timing.settleDelay) { max($0, $1) }
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
        for gap in gaps(of: coverage.stream) {
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
        return toWrite(of: coverage.stream, now: circumstances.now)
    }

    /// Notes a job that was made for gaps.
    ///
    /// - Returns: The gaps that are to be written.
    public mutating func assign(_ job: JobRecord, now: Instant) -> [GapRecord] {
        for id in job.gaps {
            guard var gap = gaps[id], !gap.jobs.contains(job.id) else { continue }
            gap.jobs.append(job.id)
            gap.state = gap.state.isFinal ? gap.state : .scheduled
            gaps[id] = gap
        }
        return written(job.gaps, now: now)
    }

    /// Notes how far dedup has committed: a filled gap settles once that is past the last record of its jobs.
    ///
    /// - Parameter committed: The dedup group's committed offsets of raw by Kafka partition; nil where none are to be had.
    /// - Returns: The gaps that are to be written.
    public mutating func settle(
        committed: [Int: Int64]?,
        jobs: [String: JobRecord],
        now: Instant
    ) -> [GapRecord] {
        let filled = gaps.values.filter { $0.state == .filled }.sorted { ($0.from, $0.id) < ($1.from, $1.id) }
        for var gap in filled {
            guard let committed else {
                gap.reason = "settlement cannot be confirmed: this cluster stores no committed offsets of dedup"
                gaps[gap.id] = gap
                continue
            }
            let isPast = gap.jobs.compactMap { jobs[$0] }.allSatisfy { job in
                job.offsets.allSatisfy { partition, offsets in (committed[partition] ?? -1) > offsets.last }
            }
            guard isPast else { continue }
            gap.state = .settled
            gap.reason = nil
            gaps[gap.id] = gap
        }
        return written(filled.map(\.id), now: now)
    }

    /// Forgets gaps whose records were removed from control.
    public mutating func remove(_ ids: some Sequence<String>) {
        for id in ids {
            gaps[id] = nil
            written[id] = nil
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
        gaps[gap.id] = kept
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
        gap.missing = own.intervals
        guard active.isEmpty else {
            gap.state = active.contains { $0.state == .running || $0.attempts > 0 } ? .running : .scheduled
            gaps[gap.id] = gap
            return
        }
        gap.state = .closed
        let tooOld = own.intersection(EventInterval(from: gap.from, to: max(gap.from, circumstances.windowEdge)))
        let refused = own.intersection(IntervalSet(gap.jobs.compactMap { jobs[$0] }.flatMap(\.lost)))
        let dead = tooOld.union(refused)
        let alive = own.subtracting(dead)
        if gap.jobs.isEmpty, !dead.isEmpty, !alive.isEmpty {
            // Never asked for, so the two parts have nothing in common: each becomes a gap with its exact range.
            var lost = gap
            lost.id = freeID(coverage.stream, from: lost.from)
            lost.to = circumstances.windowEdge
            giveUp(&lost, dead, Self.reason(circumstances), filled: IntervalSet())
            gaps[lost.id] = lost
            gap.from = circumstances.windowEdge
        } else {
            gap.unrecoverable = dead.intervals
            if alive.isEmpty {
                let reason = tooOld.isEmpty ? "holds a message that no topic takes" : Self.reason(circumstances)
                giveUp(&gap, dead, reason, filled: coverage.filled)
            }
        }
        if !gap.state.isFinal { gap.missing = alive.intervals }
        gaps[gap.id] = gap
    }

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
        gaps[gap.id] = gap
    }

    private mutating func withdrawIfCovered(
        _ gap: GapRecord,
        _ coverage: StreamCoverage,
        _ missing: IntervalSet,
        _ circumstances: Circumstances
    ) {
        guard !missing.overlaps(gap.range), coverage.timeline.to >= gap.to else { return }
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
        gaps[gap.id] = gap
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

    /// Event time that some gap already speaks for.
    private func accounted(for stream: StreamPartition, except id: String? = nil) -> IntervalSet {
        IntervalSet(
            gaps.values.filter { $0.stream == stream && $0.id != id }.flatMap { gap -> [EventInterval] in
                switch gap.state {
                case .open, .closed, .scheduled, .running: [gap.range]
                case .unrecoverable, .partial: gap.unrecoverable
                case .filled, .settled, .withdrawn: []
                }
            }
        )
    }

    private mutating func toWrite(of stream: StreamPartition, now: Instant) -> [GapRecord] {
        written(gaps(of: stream).map(\.id), now: now)
    }

    private mutating func written(_ ids: [String], now: Instant) -> [GapRecord] {
        ids.compactMap { id in
            guard var gap = gaps[id], needsWriting(gap) else { return nil }
            gap.updatedAt = now
            gaps[id] = gap
            written[id] = gap
            return gap
        }
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

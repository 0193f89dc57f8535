import Recovery
public import Tweets

/// What `decahose gaps`, `jobs` and `coverage` print.
extension ControlSnapshot {
    /// Which gaps are wanted.
    public struct GapFilter: Sendable {
        /// Only those that reach past this moment.
        public var since: Instant?
        /// Only those of which something is lost for good.
        public var isUnrecoverableOnly: Bool

        /// A filter from its parts.
        public init(since: Instant? = nil, isUnrecoverableOnly: Bool = false) {
            self.since = since
            self.isUnrecoverableOnly = isUnrecoverableOnly
        }

        func accepts(_ gap: GapRecord) -> Bool {
            if let since, gap.to <= since { return false }
            guard isUnrecoverableOnly else { return true }
            return !LostTime(gaps: [gap], since: since).stretches.isEmpty
        }
    }

    /// The gaps as JSON, in the form that `/gaps` of a coordinator has too.
    public func gapsJSON(_ filter: GapFilter) -> String {
        text(GapsDocument(gaps.filter(filter.accepts), jobs: jobs, lost: lost(since: filter.since), at: at))
    }

    /// The gaps as a table of at most 80 columns; where only the unrecoverable are wanted, what exactly is lost.
    public func gapsTable(_ filter: GapFilter) -> String {
        guard !filter.isUnrecoverableOnly else { return GapsTable.text(lost(since: filter.since), since: filter.since) }
        return GapsTable.text(gaps.filter(filter.accepts), jobs: jobs)
    }

    private func lost(since: Instant?) -> LostTime {
        var folded: [StreamPartition: IntervalSet] = [:]
        for case .ledger(let ledger) in records.values { folded[ledger.stream] = IntervalSet(ledger.unrecoverable) }
        return LostTime(gaps: gaps, folded: folded, since: since)
    }

    /// The jobs as JSON.
    public func jobsJSON() -> String {
        text(JobsDocument(jobs, at: at))
    }

    /// The jobs as a table of at most 80 columns.
    public func jobsTable() -> String {
        JobsTable.text(jobs, at: at)
    }

    /// Coverage of every stream partition as JSON.
    ///
    /// - Parameter slack: `stream.delivery_slack` of the roles.
    public func coverageJSON(slack: Duration) -> String {
        text(CoverageDocument(coverages(slack: slack)))
    }

    /// Coverage of every stream partition as a table of at most 80 columns.
    ///
    /// - Parameter slack: `stream.delivery_slack` of the roles.
    public func coverageTable(slack: Duration) -> String {
        CoverageTable.text(coverages(slack: slack))
    }

    private func coverages(slack: Duration) -> [StreamCoverage] {
        let timing = LedgerTiming(slack: slack)
        var fold = LedgerFold(timing: timing)
        for (offset, record) in records.values.enumerated() {
            fold.apply(record, offset: Int64(offset), arrivedAt: MonotonicInstant(nanoseconds: 0))
        }
        return fold.streams.compactMap { fold.coverage(of: $0, frontier: at - timing.settleDelay) }
    }

    private func text(_ document: some Encodable) -> String {
        String(decoding: DocumentText.json(document), as: UTF8.self)
    }
}

import Tweets

/// What sessions of a stream partition claim, put together by connection.
struct SessionClaims: Sendable {
    /// What a connection's sessions claim.
    struct Claim: Sendable {
        /// Before any hole.
        var claimed = IntervalSet()
        /// Those that the sessions themselves know.
        var holes = IntervalSet()
    }

    /// By connection.
    private(set) var byConnection: [String: Claim] = [:]
    /// Where the timeline starts by them; nil where none of them begins one.
    private(set) var start: Instant?

    /// Those of many sessions, with one sort for each connection.
    init(_ records: some Sequence<SessionRecord>) {
        var told: [String: (covered: [EventInterval], holes: [EventInterval])] = [:]
        for record in records {
            noteStart(record)
            if let covered = record.covered { told[record.connection, default: ([], [])].covered.append(covered) }
            told[record.connection, default: ([], [])].holes += record.holes
        }
        byConnection = told.mapValues { Claim(claimed: IntervalSet($0.covered), holes: IntervalSet($0.holes)) }
    }

    /// Adds those of one more session.
    mutating func add(_ record: SessionRecord) {
        noteStart(record)
        guard record.covered != nil || !record.holes.isEmpty else { return }
        var claim = byConnection[record.connection] ?? Claim()
        if let covered = record.covered { claim.claimed = claim.claimed.union(covered) }
        if !record.holes.isEmpty { claim.holes = claim.holes.union(IntervalSet(record.holes)) }
        byConnection[record.connection] = claim
    }

    private mutating func noteStart(_ record: SessionRecord) {
        guard record.covered != nil || record.closed != .http else { return }
        let leftEnd = LedgerTiming.leftEnd(of: record)
        let from = min(record.covered?.from ?? leftEnd, leftEnd)
        start = min(start ?? from, from)
    }
}

import Tweets

/// What control says about one redundant connection's name: its sessions, claims to it, and the partition count.
///
/// A fold over the records; pure, with the reader's arrival clock as an argument.
struct ConnectionHistory {
    /// A session and what was heard of it.
    struct Heard {
        var record: SessionRecord
        /// Records of it that came after the history had been read to its end.
        var furtherRecords = 0
    }

    let connection: String
    /// Whether the topic has been read to the end that it had at the start.
    private(set) var isCaughtUp = false
    /// The latest record of each session of the name.
    private(set) var sessions: [String: Heard] = [:]
    /// The last claims to the name that came after the history had been read, one of each process, the latest last.
    private(set) var newClaims: [ClaimRecord] = []
    /// Stream partitions of which control has anything to tell, by whatever connection.
    private var knownStreams: Set<StreamPartition> = []
    /// The partition count with which the topics were made.
    var topics: TopicsRecord?

    init(connection: String) {
        self.connection = connection
    }

    /// The history has been read to its end.
    mutating func caughtUp() {
        isCaughtUp = true
    }

    /// Takes a session's record.
    mutating func take(_ record: SessionRecord) {
        knownStreams.insert(record.stream)
        guard record.connection == connection else { return }
        let known = sessions[record.session]
        let isFurther = isCaughtUp && record.sequence > known?.record.sequence ?? -1
        sessions[record.session] = Heard(
            record: record,
            furtherRecords: (known?.furtherRecords ?? 0) + (isFurther ? 1 : 0)
        )
    }

    /// Takes a claim.
    mutating func take(_ claim: ClaimRecord) {
        guard isCaughtUp, claim.connection == connection else { return }
        newClaims.removeAll { $0.host == claim.host && $0.stream == claim.stream }
        newClaims.append(claim)
    }

    /// Takes what is left of a stream partition's folded history.
    mutating func take(_ ledger: LedgerRecord) {
        knownStreams.insert(ledger.stream)
    }

    /// Forgets a session that control no longer holds.
    mutating func forget(sessionKey: String) {
        sessions = sessions.filter { $0.value.record.key.text != sessionKey }
    }

    /// The last moment that the name's sessions of a stream partition have covered.
    func rightEnd(of stream: StreamPartition) -> Instant? {
        sessions.values.filter { $0.record.stream == stream }.compactMap { $0.record.covered?.to }.max()
    }

    /// Whether the stream partition was ever read before, by this connection or another.
    func isKnown(_ stream: StreamPartition) -> Bool { knownStreams.contains(stream) }

    /// Sessions of these stream partitions that were never closed and are not of this process.
    func openSessions(of streams: Set<StreamPartition>, notOf host: String) -> [Heard] {
        sessions.values.filter {
            streams.contains($0.record.stream) && $0.record.closed == nil && $0.record.host != host
        }
    }

    /// A session of another process that lives and stands before `session` in the order of keys: it keeps the name.
    func elder(than session: SessionRecord) -> SessionRecord? {
        sessions.values.first { heard in
            heard.furtherRecords > 0 && heard.record.closed == nil && heard.record.stream == session.stream
                && heard.record.host != session.host && heard.record.session < session.session
        }?.record
    }

    /// A claim of another process to a stream partition's name, if it came after this process's own.
    ///
    /// The order in control decides: of several that take over at the same time exactly the last one keeps the name.
    func claim(to stream: StreamPartition, notOf host: String) -> ClaimRecord? {
        guard let last = newClaims.last(where: { $0.stream == stream }), last.host != host else { return nil }
        return last
    }
}

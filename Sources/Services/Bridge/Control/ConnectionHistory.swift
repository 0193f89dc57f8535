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

        fileprivate mutating func take(_ other: SessionRecord, isCaughtUp: Bool) {
            if isCaughtUp, other.sequence > record.sequence { furtherRecords += 1 }
            record = other
        }
    }

    let connection: String
    /// Whether the topic has been read to the end that it had at the start.
    private(set) var isCaughtUp = false
    /// The latest record of each session of the name.
    private(set) var sessions: [String: Heard] = [:]
    /// Those of them that were never closed: the few that are looked at every second.
    private var open: Set<String> = []
    /// The last claim to the name for each stream partition, and whether it came after the history had been read.
    private var claims: [StreamPartition: (record: ClaimRecord, isNew: Bool)] = [:]
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
        if sessions[record.session]?.take(record, isCaughtUp: isCaughtUp) == nil {
            sessions[record.session] = Heard(record: record, furtherRecords: isCaughtUp ? 1 : 0)
        }
        if record.closed == nil { open.insert(record.session) } else { open.remove(record.session) }
    }

    /// Takes a claim.
    mutating func take(_ claim: ClaimRecord) {
        guard claim.connection == connection else { return }
        claims[claim.stream] = (claim, isCaughtUp)
    }

    /// Takes what is left of a stream partition's folded history.
    mutating func take(_ ledger: LedgerRecord) {
        knownStreams.insert(ledger.stream)
    }

    /// Forgets a session that control no longer holds.
    mutating func forget(_ key: ControlKey) {
        guard let name = sessions.first(where: { $0.value.record.key == key })?.key else { return }
        sessions[name] = nil
        open.remove(name)
    }

    /// The last moment that the name's sessions of a stream partition have covered.
    func rightEnd(of stream: StreamPartition) -> Instant? {
        sessions.values.filter { $0.record.stream == stream }.compactMap { $0.record.covered?.to }.max()
    }

    /// Whether the stream partition was ever read before, by this connection or another.
    func isKnown(_ stream: StreamPartition) -> Bool { knownStreams.contains(stream) }

    /// Sessions of these stream partitions that were never closed and are not of this process.
    func openSessions(of streams: Set<StreamPartition>, notOf host: String) -> [Heard] {
        open.compactMap { sessions[$0] }.filter { streams.contains($0.record.stream) && $0.record.host != host }
    }

    /// A session of another process that lives and stands before `session` in the order of keys: it keeps the name.
    ///
    /// Not from whoever claimed the name last: a claim goes before age, or both could give way to each other.
    func elder(than session: SessionRecord) -> SessionRecord? {
        guard claims[session.stream]?.record.host != session.host else { return nil }
        return living(session.stream) { $0.host != session.host && $0.session < session.session }
    }

    /// A claim of another process to a stream partition's name, if none came after it.
    ///
    /// The order in control decides: of several that take over at the same time exactly the last one keeps the name. A
    /// claim from before the start of this process counts as long as its claimant lives.
    func claim(to stream: StreamPartition, notOf host: String) -> ClaimRecord? {
        guard let (claim, isNew) = claims[stream], claim.host != host else { return nil }
        return isNew || living(stream) { $0.host == claim.host } != nil ? claim : nil
    }

    /// A session that lives and of which something holds.
    private func living(_ stream: StreamPartition, where isMeant: (SessionRecord) -> Bool) -> SessionRecord? {
        for name in open {
            guard let heard = sessions[name], heard.furtherRecords > 0, heard.record.stream == stream else { continue }
            if isMeant(heard.record) { return heard.record }
        }
        return nil
    }
}

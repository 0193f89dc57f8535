import Tweets

/// IDs that claim to be created more than five minutes after they were received.
///
/// They are emitted but must not move time, so they are kept apart, with the time received, by which they expire.
struct FarFutureSet: Sendable {
    struct Entry: Hashable, Sendable {
        var isDeleted: Bool
        /// Milliseconds since 1970.
        var received: Int64
    }

    private(set) var entries: [UInt64: Entry] = [:]

    init() {}

    var isEmpty: Bool { entries.isEmpty }

    /// Memory in bytes: each place of the table has a key, a value and a bit.
    var bytes: Int {
        entries.isEmpty ? 0 : (entries.capacity * 4 / 3) * (8 + MemoryLayout<Entry>.stride) + 32
    }

    /// The entry of an ID, whether it has expired or not.
    subscript(id: UInt64) -> Entry? {
        get { entries.isEmpty ? nil : entries[id] }
        set { entries[id] = newValue }
    }

    /// The entry of an ID that still counts.
    func entry(of id: UInt64, at progress: DedupProgress) -> Entry? {
        self[id].flatMap { $0.hasExpired(id, at: progress) ? nil : $0 }
    }

    /// Drops what has expired.
    mutating func expire(at progress: DedupProgress) {
        guard !entries.isEmpty else { return }
        entries = entries.filter { id, entry in !entry.hasExpired(id, at: progress) }
    }
}

extension FarFutureSet.Entry {
    /// Whether it was received before the late line, and its claimed time is over or still to come.
    ///
    /// What event time has caught up with stays until it is late itself: a copy would now pass for an ordinary one.
    func hasExpired(_ id: UInt64, at progress: DedupProgress) -> Bool {
        guard let lateLine = progress.lateLine, received < lateLine.milliseconds,
            let created = TweetID(id)?.createdAt, let streamTime = progress.streamTime
        else { return false }
        return created < lateLine || created > streamTime
    }
}

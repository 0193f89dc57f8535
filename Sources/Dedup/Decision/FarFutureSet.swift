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

    subscript(id: UInt64) -> Entry? {
        get { entries.isEmpty ? nil : entries[id] }
        set { entries[id] = newValue }
    }

    /// Drops what was received before the late line and whose claimed time is over or still to come.
    ///
    /// What event time has caught up with stays until it is late itself: a copy would now pass for an ordinary one.
    mutating func expire(lateLine: Int64, streamTime: Int64, createdAt: (UInt64) -> Int64) {
        guard !entries.isEmpty else { return }
        entries = entries.filter { id, entry in
            entry.received >= lateLine || (lateLine...max(lateLine, streamTime)).contains(createdAt(id))
        }
    }
}

/// What a downstream `read_committed` consumer of the clean topic got, Tweet by Tweet.
package struct Deliveries: Sendable {
    /// What happened to one ID, in the order of its partition.
    package struct Fate: Sendable, Equatable {
        /// Records with the Tweet.
        package var delivered = 0
        /// Records that delete it.
        package var tombstones = 0
        /// Whether it came after its delete.
        package var deliveredAfterTombstone = false
    }

    /// By ID.
    package private(set) var fates: [UInt64: Fate] = [:]
    /// Records with a Tweet.
    package private(set) var tweets = 0
    /// Records that delete a Tweet.
    private(set) var tombstones = 0
    /// Records whose key is not the ID inside the Tweet, or no ID at all.
    private(set) var misKeyed = 0

    mutating func tweet(_ id: UInt64, idInside: UInt64?) {
        tweets += 1
        if idInside != id { misKeyed += 1 }
        let wasDeleted = fates[id].map { $0.tombstones > 0 } ?? false
        fates[id, default: Fate()].delivered += 1
        if wasDeleted { fates[id]?.deliveredAfterTombstone = true }
    }

    mutating func tombstone(_ id: UInt64) {
        tombstones += 1
        fates[id, default: Fate()].tombstones += 1
    }

    mutating func unreadableKey() {
        misKeyed += 1
    }
}

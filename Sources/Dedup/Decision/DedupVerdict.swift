public import Tweets

/// What becomes of one record of raw.
public enum DedupVerdict: Hashable, Sendable {
    /// The first copy: to `tweets`, stamped with this time.
    case emitted(timestamp: Instant)
    /// A further copy: nowhere.
    case duplicate
    /// A copy of a deleted Tweet: nowhere, and a tombstone to raw again, since compaction keeps the newest record.
    case suppressed
    /// A Tweet older than the late line, or from before snowflakes: to `late`.
    case late
    /// The first delete of its ID: a tombstone to `tweets`, stamped with this time.
    case deleted(timestamp: Instant)
    /// A delete of an ID that is deleted already: nowhere.
    case deletedAgain
    /// A tombstone that this stage wrote itself: nowhere.
    case ownTombstone
    /// A delete of an ID older than the late line: a tombstone to `tweets` and to `late`, without state.
    case deletedLate(timestamp: Instant)
}

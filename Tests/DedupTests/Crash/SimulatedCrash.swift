/// Where a simulated instance can die: every durable boundary of a transaction and of a restore.
enum SimulatedCrashPoint: String, CaseIterable {
    case beforeBegin
    case afterProduce
    case afterSeen
    case afterOffsets
    case beforeDecision
    case afterDecision
    case afterCommit
    case duringAbort
    case duringRestore
}

/// The death of an instance; whatever it held in memory is gone.
struct SimulatedCrash: Error {
    var point: SimulatedCrashPoint?
}

/// What a shell can do wrong; each must show as missing or repeated Tweets, or the simulation proves nothing.
enum ShellMistake: String, CaseIterable {
    /// The restore ends at the last stable offset of `seen`.
    case stopsAtLastStable
    /// The restore takes the mark of `seen` before the committed offset is stable.
    case takesMarkFirst
    /// The restore takes a committed offset that is not stable.
    case takesUnstableOffset
    /// An abort leaves the IDs in the set.
    case keepsAbortedIDs
    /// An abort leaves the position where it was.
    case doesNotRewind
    /// The group metadata, the offsets and so their check are left out of the transaction.
    case leavesOffsetsOut
    /// Where the group's offsets have expired it goes on at raw's end.
    case startsAtEnd
    /// A set outlives the loss of its partition, without what others have emitted meanwhile.
    case keepsStaleSets
}

import Glibc
import Synchronization

/// The durable boundaries of a transaction and of a restore, at which a test can end the process as `kill -9` would.
///
/// `DECAHOSE_CRASH_POINT=after-seen:3` ends it at the third time that it comes past `after-seen`.
enum CrashPoint: String, CaseIterable, Sendable {
    /// A record was read, no transaction is open. Nothing may be lost: the record is read again.
    case beforeBegin = "before-begin"
    /// Records of the transaction are on their way. They must never be seen by a read_committed reader.
    case afterProduce = "after-produce"
    /// The changelog records are on their way too.
    case afterSeen = "after-seen"
    /// The offsets are part of the transaction. The next owner must wait until it is aborted.
    case afterSendOffsets = "after-send-offsets"
    /// All records are acknowledged; the commit may or may not take place. Both must come out right.
    case insideCommit = "inside-commit"
    /// The broker has committed, this process has not taken note.
    case afterCommit = "after-commit"
    /// A restore is half done. The next one begins anew.
    case duringRestore = "during-restore"

    /// What the environment asks for, read once.
    private static let planned: (point: CrashPoint, count: Int)? = {
        guard let value = getenv("DECAHOSE_CRASH_POINT") else { return nil }
        let parts = String(cString: value).split(separator: ":", maxSplits: 1)
        guard let first = parts.first, let point = CrashPoint(rawValue: String(first)) else { return nil }
        return (point, parts.count > 1 ? Int(parts[1]) ?? 1 : 1)
    }()

    private static let passed = Atomic<Int>(0)

    /// Ends the process without any tidying up if this passage is the one that was asked for.
    func pass() {
        guard let planned = Self.planned, planned.point == self else { return }
        if Self.passed.add(1, ordering: .relaxed).newValue == planned.count { _exit(137) }
    }
}

public import Tweets

/// When a transaction begins and ends, and what becomes of it: the rule of transactions as a value.
///
/// Its owner performs each action and reports the outcome, which gives the next action, until there is none.
public struct DedupTransactionMachine: Sendable {
    /// The open transaction.
    public struct Transaction: Hashable, Sendable {
        /// When it began.
        public var since: MonotonicInstant
        /// The partitions whose records are in it.
        public var partitions: Set<Int32>
        /// How many records are in it.
        public var records: Int
    }

    /// Where the machine is.
    public enum State: Hashable, Sendable {
        /// No transaction is open. Leads to `open`, and to `broken` where a begin fails.
        case idle
        /// Records are taken in. Leads to `committing` and `aborting`.
        case open(Transaction)
        /// The outcome of the commit is awaited, asked for since then. Leads to `idle`, `aborting` and `broken`.
        case committing(Transaction, since: MonotonicInstant)
        /// The outcome of the abort is awaited. Leads to `idle` and `broken`.
        case aborting(Transaction, since: MonotonicInstant)
        /// The client must be made anew. Leads to `idle`.
        case broken(reason: String)
    }

    /// What the owner does next.
    public enum Action: Hashable, Sendable {
        /// Nothing.
        case none
        /// Take the group metadata, then begin a transaction, and report `began`.
        case begin
        /// Write the changelog record of every partition, send the offsets, commit, and report `commitEnded`.
        case commit(Set<Int32>)
        /// Commit again, without writing anything, and report `commitEnded`.
        case commitAgain
        /// Abort, and report `abortEnded`.
        case abort
        /// Keep what the cores did.
        case keep(Set<Int32>)
        /// Undo what the cores did, and read on from the offsets before the transaction.
        case undo(Set<Int32>)
        /// Make the clients anew, drop all sets, restore, and report `rebuilt`.
        case rebuild(reason: String)
        /// Stop the process: somebody else uses this instance's name.
        case stopForTwin
    }

    /// How a call on the producer ended.
    public enum Outcome: Hashable, Sendable {
        /// As it should.
        case done
        /// The same call may be made again.
        case retry(String)
        /// The transaction must be aborted.
        case mustAbort(String)
        /// The producer is beyond use.
        case fatal(String)
        /// A newer producer of the same transactional ID took over.
        case fenced(String)
    }

    /// Where the machine is.
    public private(set) var state: State = .idle
    /// No transaction begins before this; nil where one may at any time.
    public private(set) var heldUntil: MonotonicInstant?
    /// Why the last transaction failed; nil after one that succeeded.
    public private(set) var lastFailure: String?
    /// Transactions that were committed.
    public private(set) var commits = 0
    /// Transactions that were aborted.
    public private(set) var aborts = 0
    /// How long the next transaction stays open.
    public var interval: Duration { pace.interval }

    private var pace: CommitPace
    private var failuresInARow = 0
    private var fencedAt: MonotonicInstant?

    /// So many records end a transaction early: its changelog records and its undo stay small.
    public static let recordsMax = 20_000
    /// A call that is still to be retried after this has an unknown outcome.
    public static let patience: Duration = .seconds(30)
    /// Two fencings within this are the work of a twin that is alive, not of one that was replaced.
    public static let twinWindow: Duration = .seconds(120)
    /// How long brokers let a transaction last before they abort it and shut its producer out, as if a twin had come.
    public static let transactionTimeout: Duration = .seconds(10)

    /// A machine at rest.
    ///
    /// - Parameter commitInterval: The longest that a transaction stays open while all is well.
    public init(commitInterval: Duration) {
        pace = CommitPace(bound: commitInterval)
    }

    /// Whether a record may be taken in now.
    public func isReady(at now: MonotonicInstant) -> Bool {
        switch state {
        case .idle: heldUntil.map { now >= $0 } ?? true
        case .open: true
        case .committing, .aborting, .broken: false
        }
    }

    // MARK: Records and time

    /// A record of a partition is about to be taken in; `begin` must succeed before it is.
    public func beforeRecord() -> Action {
        if case .idle = state { return .begin }
        return .none
    }

    /// A begin ended.
    public mutating func began(_ outcome: Outcome, at now: MonotonicInstant) -> Action {
        guard case .idle = state else { preconditionFailure("a transaction began in state \(state)") }
        switch outcome {
        case .done:
            state = .open(Transaction(since: now, partitions: [], records: 0))
            return .none
        case .retry(let reason), .mustAbort(let reason), .fatal(let reason):
            return broken(reason, at: now)
        case .fenced(let reason):
            return fenced(reason, at: now)
        }
    }

    /// A record of a partition was taken in, or the partition has something else to commit.
    @inline(__always)
    public mutating func took(_ partition: Int32) {
        guard case .open(var transaction) = state else { preconditionFailure("a record was taken in state \(state)") }
        state = .idle
        transaction.partitions.insert(partition)
        transaction.records += 1
        state = .open(transaction)
    }

    /// Time has passed.
    public mutating func tick(at now: MonotonicInstant) -> Action {
        guard case .open(let transaction) = state else { return .none }
        let isDue = now - transaction.since >= pace.interval || transaction.records >= Self.recordsMax
        return isDue ? commit(transaction, at: now) : .none
    }

    /// Whether the open transaction has something of a partition.
    public func holds(_ partition: Int32) -> Bool {
        guard case .open(let transaction) = state else { return false }
        return transaction.partitions.contains(partition)
    }

    /// Nothing waits to be read, so there is nothing left to fail again.
    public mutating func nothingIsLeft() {
        if case .idle = state { lastFailure = nil }
    }

    // MARK: Ownership

    /// The partitions are about to be given up, or the stage is about to stop.
    public mutating func revoked(at now: MonotonicInstant) -> Action {
        guard case .open(let transaction) = state else { return .none }
        return commit(transaction, at: now)
    }

    /// The partitions were lost already: nothing may be committed for them.
    public mutating func lost(at now: MonotonicInstant) -> Action {
        guard case .open(let transaction) = state else { return .none }
        return abort(transaction, reason: "the assignment was lost", at: now)
    }

    // MARK: Outcomes

    /// Something failed while the transaction was filled.
    public mutating func failed(_ outcome: Outcome, at now: MonotonicInstant) -> Action {
        guard case .open(let transaction) = state else { preconditionFailure("a failure in state \(state)") }
        switch outcome {
        case .done: return .none
        case .retry(let reason), .mustAbort(let reason): return abort(transaction, reason: reason, at: now)
        case .fatal(let reason): return broken(reason, at: now)
        case .fenced(let reason): return fenced(reason, in: transaction, at: now)
        }
    }

    /// A commit ended.
    public mutating func commitEnded(_ outcome: Outcome, at now: MonotonicInstant) -> Action {
        guard case .committing(let transaction, let since) = state else {
            preconditionFailure("a commit ended in state \(state)")
        }
        switch outcome {
        case .done:
            pace.committed(in: now - since)
            state = .idle
            commits += 1
            failuresInARow = 0
            lastFailure = nil
            return .keep(transaction.partitions)
        case .retry(let reason):
            lastFailure = reason
            if now - since < Self.patience { return .commitAgain }
            return broken("the outcome of a commit is unknown: \(reason)", at: now)
        case .mustAbort(let reason):
            return abort(transaction, reason: reason, at: now)
        case .fatal(let reason):
            return broken(reason, at: now)
        case .fenced(let reason):
            return fenced(reason, in: transaction, at: now)
        }
    }

    /// An abort ended.
    public mutating func abortEnded(_ outcome: Outcome, at now: MonotonicInstant) -> Action {
        guard case .aborting(let transaction, let since) = state else {
            preconditionFailure("an abort ended in state \(state)")
        }
        switch outcome {
        case .done:
            state = .idle
            return .undo(transaction.partitions)
        case .retry(let reason):
            if now - since < Self.patience { return .abort }
            return broken("the outcome of an abort is unknown: \(reason)", at: now)
        case .mustAbort(let reason), .fatal(let reason):
            return broken(reason, at: now)
        case .fenced(let reason):
            return fenced(reason, in: transaction, at: now)
        }
    }

    /// A client failed for good outside any call on a transaction.
    public mutating func clientFailed(_ reason: String, isFenced: Bool, at now: MonotonicInstant) -> Action {
        isFenced ? fenced(reason, at: now) : broken(reason, at: now)
    }

    /// The clients were made anew.
    public mutating func rebuilt() {
        guard case .broken = state else { preconditionFailure("rebuilt in state \(state)") }
        state = .idle
    }

    // MARK: Steps

    private mutating func commit(_ transaction: Transaction, at now: MonotonicInstant) -> Action {
        state = .committing(transaction, since: now)
        return .commit(transaction.partitions)
    }

    private mutating func abort(_ transaction: Transaction, reason: String, at now: MonotonicInstant) -> Action {
        hold(reason, at: now)
        aborts += 1
        state = .aborting(transaction, since: now)
        return .abort
    }

    private mutating func broken(_ reason: String, at now: MonotonicInstant) -> Action {
        hold(reason, at: now)
        state = .broken(reason: reason)
        return .rebuild(reason: reason)
    }

    private mutating func fenced(
        _ reason: String,
        in transaction: Transaction? = nil,
        at now: MonotonicInstant
    ) -> Action {
        // Kafka or this process stood still for so long that the brokers gave the transaction up: no twin is needed.
        if let transaction, now - transaction.since >= Self.transactionTimeout { return broken(reason, at: now) }
        if let fencedAt, now - fencedAt < Self.twinWindow {
            state = .broken(reason: reason)
            return .stopForTwin
        }
        fencedAt = now
        return broken(reason, at: now)
    }

    /// Waits longer after each failure in a row: 100 ms, doubled up to 5 s.
    private mutating func hold(_ reason: String, at now: MonotonicInstant) {
        lastFailure = reason
        let wait = Duration.milliseconds(min(5000, 100 << min(failuresInARow, 6)))
        failuresInARow += 1
        heldUntil = now + wait
    }
}

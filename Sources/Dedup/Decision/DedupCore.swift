public import Tweets

/// Decides on the records of one Kafka partition, one after the other, in transactions that can be undone.
///
/// The same records give the same decisions whenever they are read: no clock is asked, stream time is the partition's
/// own. The owner calls `decide` for each record, takes `changes` into the changelog record, and ends every transaction
/// with `commit` or `undo`.
public struct DedupCore: Sendable {
    struct Change: Sendable {
        var id: UInt64
        /// The fresh layer's entry before.
        var before: SeenEntry
    }

    struct FarChange: Sendable {
        var id: UInt64
        var before: FarFutureSet.Entry?
    }

    /// The durations by which it decides.
    public let timing: DedupTiming
    /// How far event time has come, the open transaction included.
    public internal(set) var progress: DedupProgress
    /// Fates of the committed transactions.
    public internal(set) var committed = DedupCounters()
    /// Fates in the open transaction.
    public internal(set) var open = DedupCounters()

    var census: DeliveryCensus
    var recovered: RecoveryCensus
    var window: DedupWindow
    var farFuture: FarFutureSet
    /// The progress of the committed transactions.
    var progressBefore: DedupProgress
    var journal: [Change] = []
    var farJournal: [FarChange] = []
    /// The IDs that the changelog record will tell.
    var touched: [UInt64] = []
    private let limits: DecisionLimits

    /// A partition that has never been read.
    public init(timing: DedupTiming) {
        self.init(timing: timing, progress: DedupProgress(), window: DedupWindow(), farFuture: FarFutureSet())
    }

    init(
        timing: DedupTiming,
        progress: DedupProgress,
        window: DedupWindow,
        farFuture: FarFutureSet,
        recovered: RecoveryCensus = RecoveryCensus()
    ) {
        self.timing = timing
        self.progress = progress
        self.window = window
        self.farFuture = farFuture
        self.recovered = recovered
        limits = DecisionLimits(timing)
        progressBefore = progress
        census = DeliveryCensus(settleAfter: timing.censusSettle, restoredAt: progress.streamTime)
    }

    // MARK: Deciding

    /// Decides on the next record.
    public mutating func decide(_ record: RawRecord) -> DedupVerdict {
        recovered.received(at: record.received.milliseconds)
        let id = record.id.rawValue
        if !farFuture.isEmpty, let known = farFuture.entry(of: id, at: progress) {
            return decideFarFuture(record, known: known)
        }
        guard let created = record.id.createdAt else { return late(record) }
        // Before anything else: of what is late nothing is known.
        if let lateLine = progress.lateLine, created.milliseconds < lateLine.milliseconds { return late(record) }
        let known = window.find(id)
        // A copy that was received later may have been ordinary: then the window knows the ID, and time has come to it.
        if !known.entry.isKnown, limits.isAhead(created, of: record.received) {
            return decideFarFuture(record, known: nil)
        }
        progress.advance(to: created, horizon: limits.horizon)
        return record.isDelete
            ? decideDelete(record, known: known) : decideTweet(record, created: created, known: known)
    }

    /// Counts a record whose key is no Tweet ID.
    public mutating func countUnreadable() {
        open.unreadable += 1
    }

    private mutating func decideTweet(
        _ record: RawRecord,
        created: Instant,
        known: (entry: SeenEntry, isFresh: Bool)
    ) -> DedupVerdict {
        guard known.entry.isKnown else {
            emit(record, known: known)
            return .emitted(timestamp: limits.timestamp(created: created, received: record.received))
        }
        var entry = known.entry
        let connections = entry.connections | record.origin.connection
        if connections != entry.connections, entry.source != nil {
            entry.connections = connections
            change(record.id.rawValue, from: known, to: entry)
        }
        if entry.isDeleted {
            open.suppressed += 1
            return .suppressed
        }
        open.duplicates += 1
        return .duplicate
    }

    private mutating func emit(_ record: RawRecord, known: (entry: SeenEntry, isFresh: Bool)) {
        let id = record.id.rawValue
        var entry = SeenEntry(id: id, isDeleted: false)
        if let source = record.origin.source {
            entry.source = source
            entry.stream = record.origin.stream
            entry.connections = record.origin.connection
            if source == .recovery {
                recovered.count(id, stream: record.origin.stream, received: record.received.milliseconds)
            }
        }
        change(id, from: known, to: entry)
        touched.append(id)
        open.emitted += 1
    }

    private mutating func decideDelete(
        _ record: RawRecord,
        known: (entry: SeenEntry, isFresh: Bool)
    ) -> DedupVerdict {
        let id = record.id.rawValue
        var entry = known.entry
        if entry.isDeleted { return repeated(record) }
        if !entry.isKnown { entry = SeenEntry(id: id, isDeleted: true) }
        entry.isDeleted = true
        change(id, from: known, to: entry)
        touched.append(id)
        open.deletesFirst += 1
        return .deleted(timestamp: record.received)
    }

    private mutating func decideFarFuture(_ record: RawRecord, known: FarFutureSet.Entry?) -> DedupVerdict {
        let id = record.id.rawValue
        switch (record.isDelete, known == nil, known?.isDeleted ?? false) {
        case (true, _, true):
            return repeated(record)
        case (true, _, false):
            open.deletesFirst += 1
        case (false, true, _):
            open.emitted += 1
            open.farFuture += 1
        case (false, false, true):
            open.suppressed += 1
            return .suppressed
        case (false, false, false):
            open.duplicates += 1
            return .duplicate
        }
        farJournal.append(FarChange(id: id, before: farFuture[id]))
        farFuture[id] = FarFutureSet.Entry(
            isDeleted: record.isDelete,
            received: known?.received ?? record.received.milliseconds
        )
        return record.isDelete ? .deleted(timestamp: record.received) : .emitted(timestamp: record.received)
    }

    private mutating func late(_ record: RawRecord) -> DedupVerdict {
        open.late += 1
        return record.isDelete ? .deletedLate(timestamp: record.received) : .late
    }

    private mutating func repeated(_ record: RawRecord) -> DedupVerdict {
        if record.origin.isOwn {
            open.deletesOwn += 1
            return .ownTombstone
        }
        open.deletesRepeated += 1
        return .deletedAgain
    }

    private mutating func change(_ id: UInt64, from known: (entry: SeenEntry, isFresh: Bool), to entry: SeenEntry) {
        journal.append(Change(id: id, before: known.isFresh ? known.entry : SeenEntry(word: 0)))
        census.replace(known.entry, by: entry, id: id)
        window.set(entry, for: id)
    }

    // MARK: Looking

    /// What it holds and what it costs.
    public var usage: DedupUsage {
        var usage = window.usage
        usage.bytes += farFuture.bytes
        usage.bytes += journal.capacity * MemoryLayout<Change>.stride + touched.capacity * 8
        usage.bytes += farJournal.capacity * MemoryLayout<FarChange>.stride
        return usage
    }

    /// What is known of an ID, for tests and tools.
    public func isSeen(_ id: TweetID) -> Bool {
        farFuture[id.rawValue] != nil || window.entry(of: id.rawValue).isKnown
    }
}

public import Tweets

/// Decides on the records of one Kafka partition, one after the other, in transactions that can be undone.
///
/// The same records give the same decisions whenever they are read: no clock is asked, stream time is the partition's
/// own. The owner calls `decide` for each record, takes `changes` into the changelog record, and ends every transaction
/// with `commit` or `undo`.
public struct DedupCore: Sendable {
    private struct Change: Sendable {
        var id: UInt64
        /// The hashed part's entry before.
        var before: SeenEntry
    }

    private struct FarChange: Sendable {
        var id: UInt64
        var before: FarFutureSet.Entry?
    }

    /// The durations by which it decides.
    public let timing: DedupTiming
    /// How far event time has come, the open transaction included.
    public private(set) var progress: DedupProgress
    /// Fates of the committed transactions.
    public private(set) var committed = DedupCounters()
    /// Fates in the open transaction.
    public private(set) var open = DedupCounters()
    /// Who delivered the Tweets of each minute.
    public private(set) var census: DeliveryCensus

    private var window: DedupWindow
    private var farFuture: FarFutureSet
    private var progressBefore: DedupProgress
    private var journal: [Change] = []
    private var farJournal: [FarChange] = []
    private var touched: [UInt64] = []

    /// A partition that has never been read.
    public init(timing: DedupTiming) {
        self.init(timing: timing, progress: DedupProgress(), window: DedupWindow(), farFuture: FarFutureSet())
    }

    init(timing: DedupTiming, progress: DedupProgress, window: DedupWindow, farFuture: FarFutureSet) {
        self.timing = timing
        self.progress = progress
        self.window = window
        self.farFuture = farFuture
        progressBefore = progress
        census = DeliveryCensus(settleAfter: timing.censusSettle, trustedAfter: progress.streamTime)
    }

    // MARK: Deciding

    /// Decides on the next record.
    public mutating func decide(_ record: RawRecord) -> DedupVerdict {
        let id = record.id.rawValue
        if !farFuture.isEmpty, farFuture[id] != nil { return decideFarFuture(record) }
        guard let created = record.id.createdAt else { return late(record) }
        // A copy that was received later may have been ordinary, and then the window knows the ID.
        if created > record.received + DedupTiming.aheadMax, !window.entry(of: id).isKnown {
            return decideFarFuture(record)
        }
        if let lateLine = progress.lateLine, created < lateLine { return late(record) }
        if created <= record.received + DedupTiming.aheadMax {
            progress.advance(to: created, horizon: timing.horizon)
        }
        return record.isDelete ? decideDelete(record) : decideTweet(record, created: created)
    }

    /// Counts a record whose key is no Tweet ID.
    public mutating func countUnreadable() {
        open.unreadable += 1
    }

    private mutating func decideTweet(_ record: RawRecord, created: Instant) -> DedupVerdict {
        let id = record.id.rawValue
        var entry = window.entry(of: id)
        guard entry.isKnown else {
            entry = SeenEntry(id: id, isDeleted: false)
            if let source = record.origin.source {
                entry.source = source
                entry.stream = record.origin.stream
                entry.connections = record.origin.connection
            }
            change(id, to: entry)
            touched.append(id)
            open.emitted += 1
            return .emitted(timestamp: timestamp(created: created, received: record.received))
        }
        let connections = entry.connections | record.origin.connection
        if entry.source != nil, connections != entry.connections {
            entry.connections = connections
            change(id, to: entry)
        }
        if entry.isDeleted {
            open.suppressed += 1
            return .suppressed
        }
        open.duplicates += 1
        return .duplicate
    }

    private mutating func decideDelete(_ record: RawRecord) -> DedupVerdict {
        let id = record.id.rawValue
        var entry = window.entry(of: id)
        if entry.isDeleted { return repeated(record) }
        if !entry.isKnown { entry = SeenEntry(id: id, isDeleted: true) }
        entry.isDeleted = true
        change(id, to: entry)
        touched.append(id)
        open.deletesFirst += 1
        return .deleted(timestamp: record.received)
    }

    private mutating func decideFarFuture(_ record: RawRecord) -> DedupVerdict {
        let id = record.id.rawValue
        let before = farFuture[id]
        let isDeleted = before?.isDeleted ?? false
        switch (record.isDelete, before == nil, isDeleted) {
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
        farJournal.append(FarChange(id: id, before: before))
        farFuture[id] = FarFutureSet.Entry(
            isDeleted: record.isDelete,
            received: before?.received ?? record.received.milliseconds
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

    private func timestamp(created: Instant, received: Instant) -> Instant {
        let oldest = received - timing.recoveryWindow - .seconds(3600)
        return created >= oldest && created <= received + DedupTiming.aheadMax ? created : received
    }

    private mutating func change(_ id: UInt64, to entry: SeenEntry) {
        let before = window.freshEntry(of: id)
        journal.append(Change(id: id, before: before))
        census.replace(before, by: entry, id: id)
        window.set(entry, for: id)
    }

    // MARK: Transactions

    /// What the open transaction adds to the set, for the changelog; `number` and `nextOffset` are the owner's.
    public func changes(number: UInt64, nextOffset: Int64) -> SeenRecord {
        var record = SeenRecord(number: number, nextOffset: nextOffset, progress: progress)
        var ids = touched
        ids.sort()
        record.entries.reserveCapacity(ids.count)
        for (index, id) in ids.enumerated() where index == 0 || ids[index - 1] != id {
            record.entries.append(SeenRecord.Entry(id: id, isDeleted: window.entry(of: id).isDeleted))
        }
        for id in Set(farJournal.map(\.id)).sorted() {
            guard let entry = farFuture[id] else { continue }
            record.farFuture.append(
                SeenRecord.FarFutureEntry(id: id, isDeleted: entry.isDeleted, received: entry.received)
            )
        }
        return record
    }

    /// Keeps what the open transaction did; expires and freezes what event time has left behind.
    public mutating func commit() {
        committed = committed + open
        let hasMoved = progress != progressBefore
        forgetJournal()
        guard hasMoved, let streamTime = progress.streamTime, let lateLine = progress.lateLine else { return }
        window.dropBuckets(before: TweetID(earliestAt: lateLine).rawValue)
        window.freezeBuckets(before: TweetID(earliestAt: streamTime - timing.freezeAfter).rawValue)
        farFuture.expire(lateLine: lateLine.milliseconds, streamTime: streamTime.milliseconds) { id in
            TweetID(id)?.createdAt?.milliseconds ?? 0
        }
    }

    /// Puts everything back as it was before the open transaction.
    public mutating func undo() {
        for change in journal.reversed() {
            census.replace(window.freshEntry(of: change.id), by: change.before, id: change.id)
            if change.before.isKnown {
                window.set(change.before, for: change.id)
            } else {
                window.removeFresh(change.id)
            }
        }
        for change in farJournal.reversed() { farFuture[change.id] = change.before }
        progress = progressBefore
        forgetJournal()
    }

    private mutating func forgetJournal() {
        journal.removeAll(keepingCapacity: true)
        farJournal.removeAll(keepingCapacity: true)
        touched.removeAll(keepingCapacity: true)
        open = DedupCounters()
        progressBefore = progress
    }

    /// Forgets minutes of the census that were published by a committed transaction.
    public mutating func forgetCensus(through minute: Instant) {
        census.forget(through: minute)
    }

    /// Makes every minute of the census that is not settled yet worthless, for a reason.
    public mutating func distrustCensus(_ reason: String) {
        census.distrust(reason)
    }

    // MARK: Looking

    /// What it holds and what it costs.
    public var usage: DedupUsage {
        var usage = window.usage
        usage.bytes += farFuture.bytes + (journal.capacity + farJournal.capacity + touched.capacity) * 16
        return usage
    }

    /// What is known of an ID, for tests and tools.
    public func isSeen(_ id: TweetID) -> Bool {
        farFuture[id.rawValue] != nil || window.entry(of: id.rawValue).isKnown
    }
}

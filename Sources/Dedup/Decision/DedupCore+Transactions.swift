public import Tweets

/// How a transaction ends, and what it tells the changelog and control.
extension DedupCore {
    /// So many IDs a commit packs at most, some milliseconds' worth; more where more are coming in.
    private static let freezeBudget = 32_768

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
        record.recovered = recovered.changes
        return record
    }

    /// The census of the minutes that settle with the open transaction, and of those that recoveries have left: to be
    /// published in it, since a commit forgets them.
    ///
    /// - Parameters:
    ///   - kafkaPartition: The partition's number.
    ///   - origins: Knows the connections' names.
    public func censusRecords(kafkaPartition: Int, origins: OriginReader) -> [CensusRecord] {
        guard let streamTime = progress.streamTime else { return [] }
        return census.settled(at: streamTime, kafkaPartition: kafkaPartition, origins: origins)
            + recovered.records(kafkaPartition: kafkaPartition)
    }

    /// Keeps what the open transaction did; expires and freezes what event time has left behind.
    public mutating func commit() {
        committed = committed + open
        let hasMoved = progress != progressBefore
        let changes = journal.count
        forgetJournal()
        recovered.commit(lateLine: progress.lateLine)
        guard let streamTime = progress.streamTime, let lateLine = progress.lateLine else { return }
        if hasMoved { window.dropBuckets(before: TweetID(earliestAt: lateLine).rawValue) }
        window.freezeBuckets(
            before: TweetID(earliestAt: streamTime - timing.freezeAfter).rawValue,
            budget: max(Self.freezeBudget, changes * 2)
        )
        guard hasMoved else { return }
        census.forgetSettled(at: streamTime)
        farFuture.expire(at: progress)
    }

    /// Puts everything back as it was before the open transaction.
    public mutating func undo() {
        for change in journal.reversed() {
            let now = window.entry(of: change.id)
            if change.before.isKnown {
                window.set(change.before, for: change.id)
            } else {
                window.removeFresh(change.id)
            }
            census.replace(now, by: window.entry(of: change.id), id: change.id)
        }
        for change in farJournal.reversed() { farFuture[change.id] = change.before }
        recovered.undo()
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

    /// Makes every minute of the census that is not settled yet worthless, for a reason.
    public mutating func distrustCensus(_ reason: String) {
        census.distrust(reason)
    }
}

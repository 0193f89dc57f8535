public import Tweets

/// Makes the set of one Kafka partition anew out of what was emitted, where its changelog cannot be used.
public struct RebuildFold: Sendable {
    private let timing: DedupTiming
    private var window = WindowBuilder()
    private var farFuture = FarFutureSet()
    private var progress = DedupProgress()
    private var recordsSinceUpkeep = 0

    /// Records taken in.
    public private(set) var records = 0

    private static let upkeepInterval = 65_536
    /// IDs that one changelog record takes: some 500 KB.
    static let idsARecordMax = 100_000

    /// A fold that has read nothing.
    public init(timing: DedupTiming) {
        self.timing = timing
    }

    /// Takes in a record of `tweets`.
    ///
    /// - Parameters:
    ///   - id: Its key.
    ///   - isDelete: Whether it is a tombstone.
    ///   - received: When it was received, as dedup noted it in the header.
    public mutating func add(_ id: TweetID, isDelete: Bool, received: Instant) {
        records += 1
        guard let created = id.createdAt else { return }
        // As in the decision: what is kept apart stays so, also when its delete comes in time.
        let known = farFuture.entry(of: id.rawValue, at: progress)
        if known != nil || created > received + DedupTiming.aheadMax {
            farFuture[id.rawValue] = FarFutureSet.Entry(
                isDeleted: isDelete || known?.isDeleted ?? false,
                received: known?.received ?? received.milliseconds
            )
            return
        }
        progress.advance(to: created, horizon: timing.horizon.milliseconds)
        // Compaction and recovery put records in any order, so what is late is decided at the end.
        window.add(id.rawValue, isDeleted: isDelete)
        recordsSinceUpkeep += 1
        if recordsSinceUpkeep >= Self.upkeepInterval { upkeep() }
    }

    /// Says that records are gone which were emitted before one that was received then: what they may have held is late.
    public mutating func isCut(before received: Instant) {
        // Twice: received times are in order only roughly, and creation times may run ahead of them.
        progress.raiseLateLine(to: received + DedupTiming.aheadMax * 2)
    }

    private mutating func upkeep() {
        recordsSinceUpkeep = 0
        guard let streamTime = progress.streamTime, let lateLine = progress.lateLine else { return }
        window.dropBuckets(before: TweetID(earliestAt: lateLine).rawValue)
        window.freezeBuckets(before: TweetID(earliestAt: streamTime - timing.freezeAfter).rawValue)
    }

    /// Where raw is to be read from after a rebuild.
    ///
    /// - Parameters:
    ///   - committed: The group's stable committed offset; nil where it has none.
    ///   - changelog: The input offset that the changelog's last readable record names; nil where there is none.
    ///   - raw: From the oldest offset of raw up to its end.
    /// - Returns: The offset; it may lie below the oldest one, which is a loss that a restore tells of. Where a committed one
    ///   lies beyond the end, raw was cut or made anew, and is read from its beginning. Without a committed one it is read
    ///   from its beginning too, which repeats nothing: raw may be another topic than the changelog's. The changelog tells
    ///   only what retention took unread.
    public static func inputOffset(committed: Int64?, changelog: Int64?, raw: Range<Int64>) -> Int64 {
        guard let committed else { return min(changelog ?? raw.lowerBound, raw.lowerBound) }
        return committed > raw.upperBound ? raw.lowerBound : committed
    }

    /// The changelog afresh: numbers from 1, at least one record, all with the same input offset.
    public consuming func changelog(nextOffset: Int64) -> [SeenRecord] {
        upkeep()
        var records: [SeenRecord] = []
        var current = SeenRecord(number: 1, nextOffset: nextOffset, progress: progress)
        window.finish(freezingBefore: UInt64(Int64.max)).visitAll { id, isDeleted in
            if current.entries.count >= Self.idsARecordMax {
                records.append(current)
                current = SeenRecord(number: UInt64(records.count + 1), nextOffset: nextOffset, progress: progress)
            }
            current.entries.append(SeenRecord.Entry(id: id, isDeleted: isDeleted))
        }
        current.farFuture = farFuture.entries.sorted { $0.key < $1.key }.map { id, entry in
            SeenRecord.FarFutureEntry(id: id, isDeleted: entry.isDeleted, received: entry.received)
        }
        records.append(current)
        return records
    }
}

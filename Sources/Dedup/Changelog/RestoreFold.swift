import Tweets

/// Builds the set of one Kafka partition again out of its changelog, and decides whether the result may be used.
///
/// The numbers must have no hole, back to number 1 or to a record behind whose stream time everything is late. The last
/// record's input offset must be the committed one. What is ahead of the committed offset is harmless: reading again
/// drops duplicates.
public struct RestoreFold: Sendable {
    /// What a restore came to.
    public enum Outcome: Sendable {
        /// Neither a committed offset nor a changelog, ever: start at raw's oldest record.
        case firstStart
        /// The set is whole: read raw from this offset on; the note says what was odd.
        case restored(core: DedupCore, nextNumber: UInt64, inputOffset: Int64, note: String?)
        /// The set cannot be trusted; `decahose dedup rebuild` makes it anew.
        case refused(reason: String)
    }

    private let timing: DedupTiming
    private var window = WindowBuilder()
    private var farFuture = FarFutureSet()
    private var recovered = RecoveryCensus()
    private var first: SeenRecord?
    private var last: SeenRecord?
    private var problem: String?
    private var recordsSinceUpkeep = 0

    /// Records taken in.
    public private(set) var records = 0
    /// IDs taken in.
    public private(set) var ids = 0

    private static let upkeepInterval = 2048

    /// A fold that has read nothing.
    public init(timing: DedupTiming) {
        self.timing = timing
    }

    /// Takes in the next record of the changelog.
    ///
    /// - Parameters:
    ///   - bytes: Its value; nil or what is no changelog record spoils the restore.
    ///   - offset: Where it stands, for messages.
    public mutating func add(_ bytes: UnsafeRawBufferPointer?, offset: Int64) {
        do throws(SeenRecordError) {
            guard let bytes else { throw .malformed }
            let record = try SeenRecord.read(bytes) { head, count in
                begin(head, offset: offset)
                ids += count
            } entry: { id, isDeleted in
                window.add(id, isDeleted: isDeleted)
            }
            end(record)
        } catch {
            problem = problem ?? "the record at offset \(offset) of the changelog is unreadable (\(error))"
        }
    }

    private mutating func begin(_ head: SeenRecord, offset: Int64) {
        if head.number == 1 {
            // A changelog written afresh replaces all that stands before it, damage included.
            self = RestoreFold(timing: timing, records: records, ids: ids)
        } else if let last, head.number != last.number &+ 1 {
            problem =
                problem
                ?? "the changelog jumps from number \(last.number) to \(head.number) at its offset \(offset)"
        }
        first = first ?? head
        last = head
    }

    private mutating func end(_ record: SeenRecord) {
        records += 1
        ids += record.farFuture.count
        for entry in record.farFuture {
            farFuture[entry.id] = FarFutureSet.Entry(isDeleted: entry.isDeleted, received: entry.received)
        }
        if !record.recovered.isEmpty { recovered.restore(record.recovered) }
        recordsSinceUpkeep += 1
        if recordsSinceUpkeep >= Self.upkeepInterval { upkeep() }
    }

    private init(timing: DedupTiming, records: Int, ids: Int) {
        self.timing = timing
        self.records = records
        self.ids = ids
    }

    /// Expires and freezes on the way, so that a restore never takes more memory than the set.
    private mutating func upkeep() {
        recordsSinceUpkeep = 0
        guard let progress = last?.progress, let streamTime = progress.streamTime, let lateLine = progress.lateLine
        else { return }
        window.dropBuckets(before: TweetID(earliestAt: lateLine).rawValue)
        window.freezeBuckets(before: TweetID(earliestAt: streamTime - timing.freezeAfter).rawValue)
    }

    /// Decides, once the changelog was read to the mark that was taken after the committed offset.
    ///
    /// - Parameters:
    ///   - committed: The group's stable committed offset; nil where there is none.
    ///   - oldest: Where the changelog begins; more than 0 where something was removed.
    public consuming func finish(committed: Int64?, oldest: Int64 = 0) -> Outcome {
        if let problem { return .refused(reason: problem) }
        guard let first, let last else {
            guard let committed else {
                // What begins anew after a long absence is no first start: much of raw may have been emitted already.
                guard oldest > 0 else { return .firstStart }
                return .refused(
                    reason: """
                        the group has no committed offset any more, and the changelog, which began before offset \
                        \(oldest), is empty: the set of seen IDs is lost
                        """
                )
            }
            return .refused(
                reason:
                    "the group has committed offset \(committed), but the changelog is empty: the set of seen IDs is lost"
            )
        }
        guard last.number < .max else {
            return .refused(
                reason: "the changelog ends with the greatest number there is, which no transaction has written"
            )
        }
        if first.number != 1 {
            guard let reached = first.progress.streamTime, let lateLine = last.progress.lateLine, reached < lateLine
            else {
                return .refused(
                    reason: """
                        the changelog begins with number \(first.number), which does not reach back past the late \
                        line: its retention is shorter than the horizon, or records were deleted
                        """
                )
            }
        }
        var note: String?
        if let committed {
            if last.nextOffset < committed {
                return .refused(
                    reason: """
                        the changelog ends at input offset \(last.nextOffset), but the group has committed \
                        \(committed): what was emitted in between is unknown
                        """
                )
            }
            if last.nextOffset > committed {
                note =
                    "the changelog, at input offset \(last.nextOffset), is ahead of the committed offset \(committed)"
            }
        } else {
            note = "the group has no committed offset; the changelog's is taken"
        }
        upkeep()
        let freezeBefore = last.progress.streamTime.map { TweetID(earliestAt: $0 - timing.freezeAfter).rawValue } ?? 0
        let core = DedupCore(
            timing: timing,
            progress: last.progress,
            window: window.finish(freezingBefore: freezeBefore),
            farFuture: farFuture,
            recovered: recovered
        )
        return .restored(
            core: core,
            nextNumber: last.number + 1,
            inputOffset: committed ?? last.nextOffset,
            note: note
        )
    }
}

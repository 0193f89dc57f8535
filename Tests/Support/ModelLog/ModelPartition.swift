/// One partition's log: offsets with holes, transactions, their markers, and the last stable offset.
public struct ModelPartition: Sendable {
    struct Entry: Sendable {
        var offset: Int64
        /// Nil for a transaction's marker.
        var record: ModelRecord?
        /// The transactional producer that wrote it; nil for a plain one.
        var producer: Int?
        var isAborted = false
        /// When a tombstone may go: its retention after the first cleaning that met it.
        var goesAt: Int?
    }

    /// What a fetch gives.
    public struct Batch: Sendable {
        /// The records with their offsets, ascending.
        public var records: [(offset: Int64, record: ModelRecord)]
        /// Where the next fetch goes on; it passes markers and what was aborted.
        public var position: Int64
    }

    /// The oldest offset that is kept.
    public private(set) var start: Int64 = 0
    /// The high watermark.
    public private(set) var end: Int64 = 0
    private var entries: [Entry] = []
    /// The first offset of each transaction that is open in this partition.
    private var open: [Int: Int64] = [:]
    /// The last batches of each idempotent producer, the newest last.
    private var batches: [Int: [(sequence: Int, first: Int64)]] = [:]
    /// As many as a broker remembers of a producer.
    private static let batchesMax = 5

    /// Before the first record of the oldest open transaction that is still there; the high watermark where none is open.
    public var lastStable: Int64 { open.values.min().map { max($0, start) } ?? end }

    mutating func append(_ record: ModelRecord, producer: Int?) -> Int64 {
        if let producer, open[producer] == nil { open[producer] = end }
        entries.append(Entry(offset: end, record: record, producer: producer))
        end += 1
        return end - 1
    }

    mutating func append(
        _ records: [ModelRecord],
        idempotent producer: Int,
        sequence: Int
    ) throws(ModelError) -> ModelAppend {
        if let same = batches[producer]?.first(where: { $0.sequence == sequence }) {
            return ModelAppend(first: same.first, isDuplicate: true)
        }
        // A producer of which nothing is known may begin anywhere.
        if let last = batches[producer]?.last?.sequence, sequence != last + 1 { throw .outOfSequence }
        let first = end
        batches[producer, default: []].append((sequence, first))
        if batches[producer]?.count ?? 0 > Self.batchesMax { batches[producer]?.removeFirst() }
        for record in records { _ = append(record, producer: nil) }
        return ModelAppend(first: first, isDuplicate: false)
    }

    mutating func appendMarker(producer: Int, isCommit: Bool) {
        guard let first = open.removeValue(forKey: producer) else { return }
        if !isCommit {
            for index in position(of: first)..<entries.count where entries[index].producer == producer {
                entries[index].isAborted = true
            }
        }
        entries.append(Entry(offset: end, record: nil, producer: nil))
        end += 1
    }

    /// Reads at most `limit` records from an offset on.
    public func fetch(from offset: Int64, _ isolation: ModelIsolation, limit: Int = 100) throws(ModelError) -> Batch {
        guard offset >= start, offset <= end else { throw .offsetOutOfRange }
        let bound = isolation == .committed ? lastStable : end
        var batch = Batch(records: [], position: offset)
        for index in position(of: offset)..<entries.count {
            let entry = entries[index]
            guard entry.offset < bound, batch.records.count < limit else {
                batch.position = max(offset, min(entry.offset, bound))
                return batch
            }
            guard let record = entry.record, isolation == .uncommitted || !entry.isAborted else { continue }
            batch.records.append((entry.offset, record))
        }
        batch.position = max(offset, bound)
        return batch
    }

    /// The offset of the first record that is not older than a time, within what a reader sees; nil where there is none.
    ///
    /// A record that was aborted counts, and so does a marker, which the broker stamps with its own, later time.
    public func offset(notBefore time: Int64, _ isolation: ModelIsolation) -> Int64? {
        let bound = isolation == .committed ? lastStable : end
        return entries.first { $0.offset < bound && ($0.record?.timestamp ?? .max) >= time }?.offset
    }

    /// Keeps only the newest record of each key among those before `limit`, and nothing that was aborted there.
    ///
    /// - Parameters:
    ///   - limit: Nothing at or behind it is touched, nor behind the last stable offset.
    ///   - now: The owner's time.
    ///   - deleteRetention: How long a tombstone stays after the first cleaning that met it; nil for ever.
    /// - Returns: How many records went.
    @discardableResult
    public mutating func compact(before limit: Int64, now: Int = 0, deleteRetention: Int? = nil) -> Int {
        let bound = min(limit, lastStable)
        let before = entries.count
        // From the newest on: of each key the first that is met stays.
        var met: Set<[UInt8]> = []
        var kept: [Entry] = []
        for entry in entries[..<position(of: bound)].reversed() {
            if let key = entry.record?.key {
                guard !entry.isAborted, met.insert(key).inserted else { continue }
                if let goesAt = entry.goesAt, goesAt < now { continue }
            }
            kept.append(entry)
        }
        entries.replaceSubrange(..<position(of: bound), with: kept.reversed())
        guard let deleteRetention else { return before - entries.count }
        for index in entries.indices where entries[index].offset < bound && entries[index].goesAt == nil {
            if let record = entries[index].record, record.value == nil { entries[index].goesAt = now + deleteRetention }
        }
        return before - entries.count
    }

    /// Removes everything before an offset, as retention does, past open transactions too.
    public mutating func retain(from offset: Int64) {
        start = max(start, min(offset, end))
        entries.removeAll { $0.offset < start }
    }

    /// Removes an offset and all behind it, acknowledged or not, as an unclean election does.
    ///
    /// What is written next takes the same offsets again. The new leader knows of a producer what is in its log, so a batch
    /// behind one that is gone is out of sequence.
    ///
    /// - Returns: Whether anything went; where a transaction is open nothing does, since what became of it is not modelled.
    public mutating func truncate(to offset: Int64) -> Bool {
        guard open.isEmpty, max(offset, start) < end else { return false }
        end = max(offset, start)
        entries.removeAll { $0.offset >= end }
        for producer in batches.keys { batches[producer]?.removeAll { $0.first >= end } }
        return true
    }

    private func position(of offset: Int64) -> Int {
        var from = 0
        var to = entries.count
        while from < to {
            let middle = (from + to) / 2
            if entries[middle].offset < offset { from = middle + 1 } else { to = middle }
        }
        return from
    }
}

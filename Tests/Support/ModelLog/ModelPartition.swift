/// One partition's log: offsets with holes, transactions, their markers, and the last stable offset.
public struct ModelPartition: Sendable {
    struct Entry: Sendable {
        var offset: Int64
        /// Nil for a transaction's marker.
        var record: ModelRecord?
        /// The transactional producer that wrote it; nil for a plain one.
        var producer: Int?
        var isAborted = false
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
    /// The last batch of each idempotent producer.
    private var sequences: [Int: Int] = [:]

    /// Before the first record of the oldest open transaction; the high watermark where none is open.
    public var lastStable: Int64 { open.values.min() ?? end }

    mutating func append(_ record: ModelRecord, producer: Int?) -> Int64 {
        if let producer, open[producer] == nil { open[producer] = end }
        entries.append(Entry(offset: end, record: record, producer: producer))
        end += 1
        return end - 1
    }

    mutating func append(_ records: [ModelRecord], idempotent producer: Int, sequence: Int) -> Int64? {
        let known = sequences[producer] ?? -1
        guard sequence > known else { return nil }
        precondition(sequence == known + 1, "batch \(sequence) of producer \(producer) after \(known)")
        sequences[producer] = sequence
        let first = end
        for record in records { _ = append(record, producer: nil) }
        return first
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

    /// Keeps only the newest record of each key among those before `limit`, and nothing that was aborted there.
    ///
    /// - Returns: How many records went.
    @discardableResult
    public mutating func compact(before limit: Int64) -> Int {
        let bound = min(limit, lastStable)
        var newest: [[UInt8]: Int64] = [:]
        for entry in entries where entry.offset < bound && !entry.isAborted {
            if let key = entry.record?.key { newest[key] = entry.offset }
        }
        let before = entries.count
        entries.removeAll { entry in
            guard entry.offset < bound, let key = entry.record?.key else { return false }
            return entry.isAborted || newest[key] != entry.offset
        }
        return before - entries.count
    }

    /// Removes everything before an offset, as retention does.
    public mutating func retain(from offset: Int64) {
        start = max(start, min(offset, lastStable))
        entries.removeAll { $0.offset < start }
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

import ModelLog
import Tweets

/// Control records as values beside the log, which holds a number for each: to write and read all of them as JSON would
/// take longer than everything else.
struct ControlStore {
    /// One record, which every reader looks at where it lies.
    final class Stored {
        let record: ControlRecord

        init(_ record: ControlRecord) { self.record = record }
    }

    /// The records by their number less that of the first; nil for one that is forgotten.
    private var records: [Stored?] = []
    private var first: UInt64 = 1
    private var next: UInt64 { first + UInt64(records.count) }

    /// The value of a record in the log.
    mutating func add(_ record: ControlRecord) -> [UInt8] {
        defer { records.append(Stored(record)) }
        return withUnsafeBytes(of: next) { Array($0) }
    }

    /// What a record in the log stands for; nil for what was forgotten, or never made.
    func stored(_ value: [UInt8]) -> Stored? {
        let number = Self.number(value)
        return number >= first && number < next ? records[Int(number - first)] : nil
    }

    /// Forgets what the log no longer has.
    mutating func sweep(_ partition: ModelPartition) {
        guard let batch = try? partition.fetch(from: partition.start, .uncommitted, limit: .max) else { return }
        let kept = Set(batch.records.compactMap { $0.record.value.map(Self.number) })
        // What was made and not written yet is on its way.
        let end = max(first, next - min(next, 40_000))
        for number in first..<end where !kept.contains(number) { records[Int(number - first)] = nil }
        let gone = records.prefix { $0 == nil }.count
        records.removeFirst(gone)
        first += UInt64(gone)
    }

    private static func number(_ value: [UInt8]) -> UInt64 {
        value.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
}

import ModelLog
import Tweets

/// Control records as values beside the log, which holds a number for each: to write and read all of them as JSON would
/// take longer than everything else.
struct ControlStore {
    private var records: [UInt64: ControlRecord] = [:]
    private var next: UInt64 = 0

    /// The value of a record in the log.
    mutating func add(_ record: ControlRecord) -> [UInt8] {
        next += 1
        records[next] = record
        return withUnsafeBytes(of: next) { Array($0) }
    }

    func record(_ value: [UInt8]) -> ControlRecord? { records[Self.number(value)] }

    /// Forgets what the log no longer has.
    mutating func sweep(_ partition: ModelPartition) {
        guard let batch = try? partition.fetch(from: partition.start, .uncommitted, limit: .max) else { return }
        let kept = Set(batch.records.compactMap { $0.record.value.map(Self.number) })
        let newest = next
        // What was made and not written yet is on its way.
        records = records.filter { kept.contains($0.key) || $0.key + 40_000 > newest }
    }

    private static func number(_ value: [UInt8]) -> UInt64 {
        value.withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
    }
}

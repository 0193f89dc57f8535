import Tweets

/// How many Tweets recovery brought first, by the minute, as dedup's census tells it.
struct RecoveryCounts: Sendable {
    private var records: [Instant: [ControlKey: CensusRecord]] = [:]
    /// Rises with every total that is told.
    private(set) var revision = 0

    /// Takes a record in, in the place of an older total of the same minute and Kafka partition.
    mutating func add(_ record: CensusRecord) {
        guard record.part == .recovery else { return }
        records[record.minute, default: [:]][record.key] = record
        revision += 1
    }

    /// Forgets a record.
    mutating func remove(_ record: CensusRecord) {
        records[record.minute]?[record.key] = nil
        if records[record.minute]?.isEmpty == true { records[record.minute] = nil }
    }

    /// The sum over the minutes that a job touches; nil where no record tells of them.
    func emitted(by job: JobRecord) -> Int64? {
        let streams = Set(job.fills.map(\.stream.number))
        let first = job.from.alignedDown(to: .seconds(60))
        var sum: Int64?
        func add(_ known: [ControlKey: CensusRecord]) {
            for row in known.values.flatMap(\.rows)
            where streams.isEmpty || streams.contains(row.stream) || row.stream == 0 {
                guard let count = row.bySource[RecordHeader.Source.recovery.rawValue] else { continue }
                sum = (sum ?? 0) + Int64(count)
            }
        }
        // Whichever are fewer: a record from anywhere may claim billions of minutes.
        if job.to - first <= .seconds(60) * records.count {
            var minute = first
            while minute < job.to {
                if let known = records[minute] { add(known) }
                minute = minute + .seconds(60)
            }
        } else {
            for (minute, known) in records where first <= minute && minute < job.to { add(known) }
        }
        return sum
    }
}

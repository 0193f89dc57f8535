import Tweets

/// How many Tweets recovery brought first, by minute of event time and stream partition.
///
/// A recovery comes long after its minutes have settled, so these counts are published apart, as totals, and kept for
/// as long as the minute is within the horizon; the changelog carries them over a restart.
struct RecoveryCensus: Sendable {
    /// What is counted apart.
    struct Cell: Hashable, Sendable {
        /// Minutes since 1970.
        var minute: Int64
        /// The stream partition; 0 where a job carries all of them.
        var stream: Int
    }

    /// The totals, the open transaction included.
    private var totals: [Cell: Int] = [:]
    /// The open transaction's part of them.
    private var open: [Cell: Int] = [:]
    /// Minutes that have changed since they were published, with when the last change was received.
    private var unpublished: [Int64: Int64] = [:]
    /// The newest time received, in milliseconds since 1970: the clock by which a minute has become quiet.
    private var newest: Int64 = 0

    /// A minute is published once nothing more of it was received for so long.
    private static let quiet: Int64 = 5000

    /// Takes note of the time at which a record was received.
    @inline(__always)
    mutating func received(at milliseconds: Int64) {
        if milliseconds > newest { newest = milliseconds }
    }

    /// Counts a Tweet that recovery brought first.
    mutating func count(_ id: UInt64, stream: Int, received: Int64) {
        let cell = Cell(minute: DeliveryCensus.minute(of: id), stream: stream)
        totals[cell, default: 0] += 1
        open[cell, default: 0] += 1
        unpublished[cell.minute] = received
    }

    /// Forgets what the open transaction counted.
    mutating func undo() {
        for (cell, count) in open {
            let rest = (totals[cell] ?? 0) - count
            totals[cell] = rest == 0 ? nil : rest
        }
        open.removeAll(keepingCapacity: true)
    }

    /// Keeps it, takes the minutes that were due for published, and forgets those before the late line.
    mutating func commit(lateLine: Instant?) {
        open.removeAll(keepingCapacity: true)
        guard !totals.isEmpty else {
            unpublished.removeAll()
            return
        }
        for minute in due { unpublished[minute] = nil }
        guard let lateLine else { return }
        let end = lateLine.milliseconds / DeliveryCensus.minuteMilliseconds
        if totals.keys.contains(where: { $0.minute < end }) { totals = totals.filter { $0.key.minute >= end } }
    }

    /// The minutes that have become quiet.
    private var due: [Int64] {
        guard !unpublished.isEmpty else { return [] }
        return unpublished.filter { newest - $0.value >= Self.quiet }.map(\.key).sorted()
    }

    // MARK: Control

    /// The records of the minutes that have become quiet.
    func records(kafkaPartition: Int) -> [CensusRecord] {
        due.compactMap { minute in
            let rows = totals.filter { $0.key.minute == minute }.sorted { $0.key.stream < $1.key.stream }.map {
                CensusRecord.Row(
                    stream: $0.key.stream,
                    byConnections: [:],
                    bySource: [CopySource.recovery.name: $0.value]
                )
            }
            guard !rows.isEmpty else { return nil }
            var record = CensusRecord(
                minute: Instant(milliseconds: minute * DeliveryCensus.minuteMilliseconds),
                kafkaPartition: kafkaPartition,
                rows: rows,
                valid: true
            )
            record.part = .recovery
            return record
        }
    }

    // MARK: The changelog

    /// What the open transaction counts, and what it publishes.
    var changes: [SeenRecord.Recovered] {
        let counted = open.map { SeenRecord.Recovered(minute: $0.key.minute, stream: $0.key.stream, count: $0.value) }
        let published = due.map { SeenRecord.Recovered(minute: $0, stream: 0, count: 0) }
        return counted.sorted { ($0.minute, $0.stream) < ($1.minute, $1.stream) } + published
    }

    /// Takes in what a transaction counted and published.
    mutating func restore(_ changes: [SeenRecord.Recovered]) {
        for change in changes {
            if change.count == 0 {
                unpublished[change.minute] = nil
            } else {
                totals[Cell(minute: change.minute, stream: change.stream), default: 0] += change.count
                // When it was received is not known any more, so it is published at the next opportunity.
                unpublished[change.minute] = 0
            }
        }
    }
}

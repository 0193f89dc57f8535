import Tweets

/// Finds bounds for the offsets of records that are in raw at an offset that the broker did not repeat.
///
/// The answer to a batch that the broker already had (`DUPLICATE_SEQUENCE_NUMBER`) names none, and librdkafka numbers the
/// batch's records from the -1 that stands there: -1, 0, 1, … . The coordinator maps offsets that were lost to the time of
/// the sessions whose range they are in, so a range may be too wide and never too narrow:
///
/// - `first` may be too low. A producer's records of a partition are in the log in the order in which they were handed
///   over, so the offset is above every one that this process was told before; without any, or where the log was cut
///   since, it is 0.
/// - `last` may be too high. It is the high watermark less one, asked for *after* the report. Records that come later have
///   greater offsets and raise it by themselves; and what was sent before that moment was created before it, which is all
///   that the coordinator takes from a `last`.
///
/// Such records stay in flight until the watermark is known: no claim rests on a range that is too narrow. Confined to the
/// thread that polls; nothing is allocated for a record with an offset.
struct OffsetBounds {
    /// A record whose offset is not known.
    struct Unknown {
        var opaque: RecordOpaque
        var partition: Int
        /// The lowest offset that it can have.
        var first: Int64
        /// Its value's bytes.
        var bytes: Int
    }

    private(set) var unknown: [Unknown] = []
    /// The last offset that a report has named, by partition of raw.
    private var latest: [Int64]
    /// What librdkafka would number the next record of a batch without offsets.
    private var falseOffset: [Int64]
    /// The highest offset that a report has named, by partition.
    private var highest: [Int64]
    /// The offsets that are being given out again, by partition, until the log has grown past them.
    private(set) var rewritten: [Int: SessionRecord.Rewritten] = [:]

    init(partitions: Int) {
        latest = [Int64](repeating: -1, count: partitions)
        falseOffset = [Int64](repeating: -1, count: partitions)
        highest = latest
    }

    /// Takes the report of a record in raw.
    ///
    /// A producer's reports of a partition come in the order of their offsets. Where one names an offset at or below an
    /// earlier one, the log was cut there.
    ///
    /// - Returns: Its offset; nil where it is kept until a watermark is known.
    mutating func offset(of opaque: RecordOpaque, partition: Int, reported: Int64?, bytes: Int) -> Int64? {
        // The reports of a batch come one after the other.
        if let reported, reported != falseOffset[partition] {
            follow(reported, partition)
            falseOffset[partition] = -1
            return reported
        }
        falseOffset[partition] = reported.map { $0 + 1 } ?? 0
        unknown.append(Unknown(opaque: opaque, partition: partition, first: latest[partition] + 1, bytes: bytes))
        return nil
    }

    /// Takes the report of a producer that was replaced: it may come after those of its successor, which says nothing of
    /// the log.
    mutating func take(ofRetired opaque: RecordOpaque, partition: Int, bytes: Int) {
        unknown.append(Unknown(opaque: opaque, partition: partition, first: 0, bytes: bytes))
    }

    private mutating func follow(_ offset: Int64, _ partition: Int) {
        defer { latest[partition] = offset }
        if offset > highest[partition] {
            highest[partition] = offset
            if !rewritten.isEmpty { rewritten[partition] = nil }
        } else if offset <= latest[partition] {
            let from = min(rewritten[partition]?.from ?? offset, offset)
            rewritten[partition] = SessionRecord.Rewritten(from: from, through: highest[partition])
        }
    }

    /// The partitions whose watermark is needed.
    var partitions: Set<Int> { Set(unknown.map(\.partition)) }

    /// Takes high watermarks that were asked for after the reports.
    ///
    /// - Returns: The records that have bounds now, each with the last offset it can have.
    mutating func resolve(highWatermarks: [Int: Int64]) -> [(record: Unknown, last: Int64)] {
        let resolved = unknown.compactMap { record in
            highWatermarks[record.partition].map { high in
                var record = record
                if record.first >= high { record.first = 0 }
                return (record, max(high - 1, 0))
            }
        }
        unknown.removeAll { highWatermarks[$0.partition] != nil }
        return resolved
    }
}

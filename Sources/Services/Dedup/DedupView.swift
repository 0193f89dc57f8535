import Dedup
import FoundationEssentials
import Tweets

/// The stage at one moment, as `/status` shows it.
struct DedupView: Codable, Equatable, Sendable {
    /// One partition of raw that the instance owns.
    struct Partition: Codable, Equatable, Sendable {
        var partition: Int32
        /// `restoring`, `live` or `refused`.
        var phase: String
        /// The next offset to read.
        var nextOffset: Int64
        /// The newest creation time seen.
        var streamTime: Instant?
        /// IDs created before it are late.
        var lateLine: Instant?
        var ids: Int
        var bytes: Int
    }

    /// The restore that is under way.
    struct Restore: Codable, Equatable, Sendable {
        /// Those whose sets are not whole yet.
        var partitions: [Int32]
        /// IDs read so far.
        var ids: Int
        var progress: ReadingProgress
    }

    var role = "dedup"
    var instance = ""
    var partitions: [Partition] = []
    /// Nil where no set is being restored.
    var restore: Restore?
    /// Records of raw taken in, again for each time, since the process started.
    var recordsRead = 0
    /// Records by their fate, since the process started; those of the open transaction with them.
    var counts: [String: Int] = [:]
    /// Records that were read and met no fate; anything but 0 is a defect.
    var unaccounted = 0
    /// From receipt to now of the record that waits longest, in seconds; 0 where everything was read.
    var lagSeconds: Double = 0
    /// The same in event time: from the newest creation time seen to now, of the partition that is furthest behind.
    var eventLagSeconds: Double = 0
    /// How many records of raw wait, estimated: those that were read of a second of receipt, times the lag.
    var lagRecords = 0
    var commits = 0
    var aborts = 0
    /// How often the Kafka clients were made anew, and all sets restored.
    var rebuilds = 0
    var commitIntervalMilliseconds: Int64 = 0
    /// Why the last transaction failed; nil after one that succeeded.
    var lastFailure: String?

    var json: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map(Array.init) ?? Array("{}".utf8)
    }
}

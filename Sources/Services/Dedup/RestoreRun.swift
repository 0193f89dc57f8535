import Dedup
import Kafka
import Tweets

/// The restore of some partitions together, in the order that the rule demands: stable committed offsets, then the
/// changelog's high watermarks, then the changelog up to them.
final class RestoreRun {
    /// One partition of it.
    final class Member {
        let number: Int32
        /// Whose set it is: a partition that left and came back is another one, whose offsets have gone on meanwhile.
        let partition: OwnedPartition
        var fold: RestoreFold
        var committed: Int64?
        /// Offsets of the changelog: first, next to read, and where the restore ends.
        var low: Int64 = 0
        var position: Int64 = 0
        var mark: Int64 = 0
        /// When the last record of the changelog was written.
        var lastWritten: Instant?

        var isComplete: Bool { position >= mark }

        init(_ partition: OwnedPartition, timing: DedupTiming) {
            number = partition.number
            self.partition = partition
            fold = RestoreFold(timing: timing)
        }
    }

    /// How far it is.
    enum Step {
        /// The group's stable committed offsets are awaited: a dead owner's transaction may have to end first.
        case committed
        /// The high watermarks are asked for.
        case marks
        /// The changelog is read.
        case reading
    }

    var step: Step = .committed
    /// When the committed offsets were asked for last.
    var askedAt: MonotonicInstant?
    var members: [Int32: Member]
    /// The ends of raw, taken with the marks.
    var rawMarks: [Int32: KafkaWatermarks] = [:]
    let begun: MonotonicInstant
    /// Why Kafka does not answer, with what to do; nil once it went on.
    ///
    /// A refusal to read comes once, not at each poll.
    var failure: String?

    init(_ partitions: [OwnedPartition], timing: DedupTiming, now: MonotonicInstant) {
        members = Dictionary(
            uniqueKeysWithValues: partitions.map { ($0.number, Member($0, timing: timing)) }
        )
        begun = now
    }

    var isReading: Bool { step == .reading }

    /// The share that was read, 0 … 1, by offsets, which have holes: for showing only.
    var progress: Double {
        let total = members.values.reduce(0) { $0 + $1.mark - $1.low }
        let done = members.values.reduce(0) { $0 + min($1.position, $1.mark) - $1.low }
        return total == 0 ? 0 : Double(done) / Double(total)
    }

    var ids: Int { members.values.reduce(0) { $0 + $1.fold.ids } }
}

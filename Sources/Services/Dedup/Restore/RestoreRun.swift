import Dedup
import Glibc
import Kafka
import Tweets

/// The restore of some partitions together, in the order that the rule demands: stable committed offsets, then the
/// changelog's high watermarks, then the changelog up to them.
///
/// Belongs to the thread of dedup; the changelog is read by lanes, which have threads of their own.
final class RestoreRun {
    /// How far it is.
    enum Step {
        /// The group's stable committed offsets are awaited: a dead owner's transaction may have to end first.
        case committed
        /// The high watermarks are asked for.
        case marks
        /// The changelog is read.
        case reading
    }

    private(set) var step: Step = .committed
    /// When the committed offsets were asked for last.
    var askedAt: MonotonicInstant?
    /// Whose sets they are: a partition that left and came back is another one, whose offsets have gone on meanwhile.
    private(set) var members: [Int32: OwnedPartition]
    /// The stable committed offsets; none for partitions that have none.
    private(set) var committed: [Int32: Int64] = [:]
    /// The ends of raw, taken with the marks.
    private(set) var rawMarks: [Int32: KafkaWatermarks] = [:]
    let begun: MonotonicInstant
    /// When the log last told how far it is.
    var toldAt: MonotonicInstant
    private var lanes: [RestoreLane] = []

    /// More lanes than that would fetch more than memory is meant for.
    private static let lanesMax = 4

    init(_ partitions: [OwnedPartition], now: MonotonicInstant) {
        members = Dictionary(uniqueKeysWithValues: partitions.map { ($0.number, $0) })
        begun = now
        toldAt = now
    }

    /// The committed offsets are known: only now may the marks be asked for.
    func knows(committed: [Int32: Int64]) {
        self.committed = committed
        step = .marks
    }

    /// The marks are known: the changelogs are read, by as many lanes as there are cores.
    func read(
        _ seenMarks: [Int32: KafkaWatermarks],
        rawMarks: [Int32: KafkaWatermarks],
        _ environment: DedupEnvironment
    ) {
        self.rawMarks = rawMarks
        step = .reading
        let stretches = seenMarks.map { number, marks in
            RestoreLane.Stretch(partition: number, committed: committed[number], low: marks.low, mark: marks.high)
        }
        let cores = Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let count = max(1, min(cores, Self.lanesMax, stretches.count))
        // By length, so that each has about the same to do.
        let sorted = stretches.sorted { ($0.length, $0.partition) > ($1.length, $1.partition) }
        lanes = (0..<count).map { lane in
            RestoreLane(stride(from: lane, to: sorted.count, by: count).map { sorted[$0] })
        }
        for lane in lanes { lane.start(environment, share: count) }
    }

    /// A partition is no part of it any more.
    func forget(_ number: Int32) {
        members[number] = nil
        for lane in lanes { lane.forget(number) }
    }

    /// The partitions whose changelogs have ended since this was asked last.
    func takeEnded() -> [(partition: OwnedPartition, result: RestoreLane.Result)] {
        lanes.flatMap { $0.takeEnded() }.compactMap { number, result in
            members.removeValue(forKey: number).map { ($0, result) }
        }
    }

    /// What keeps a changelog from being read; nil where nothing does.
    var problem: KafkaError? { lanes.lazy.compactMap(\.problem).first }

    /// Stops reading, and waits until the threads have ended, which takes some hundredths of a second.
    func cancel() {
        for number in Array(members.keys) { forget(number) }
        while lanes.contains(where: { !$0.isOver }) { pauseThread(milliseconds: 1) }
    }

    /// The share that was read, 0 … 1, by offsets, which have holes: for showing only.
    var share: Double {
        let total = lanes.reduce(0) { $0 + $1.length }
        return total == 0 ? 0 : Double(lanes.reduce(0) { $0 + $1.progress.offsets }) / Double(total)
    }

    /// IDs that were read.
    var ids: Int { lanes.reduce(0) { $0 + $1.progress.ids } }
}

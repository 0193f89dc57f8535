import Recovery
import Synchronization
import Tweets

/// Where the delivery reports of one session or job are counted, by the second in which their records were read.
///
/// The thread that polls the producer writes, the thread that reads the stream reads, once a second. Nothing is
/// allocated for a report.
final class AcknowledgementLane: Sendable {
    /// What the reports have said so far.
    struct Counts: Hashable {
        var reported: Int64 = 0
        /// Bytes of the values of what was reported.
        var reportedBytes: Int64 = 0
        var acknowledged: Int64 = 0
        var compliance: Int64 = 0
        var deadletter: Int64 = 0
        var lost: Int64 = 0
    }

    /// A record that no topic took.
    struct Loss: Hashable {
        var createdAt: Instant?
    }

    /// The counts under the lane's lock.
    struct State {
        /// Records of each second that need not be waited for any more.
        var slots = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
        var counts = Counts()
        var losses: [Loss] = []
        var first: [Int64] = []
        var last: [Int64] = []

        /// The offsets in raw, by Kafka partition.
        var offsets: [Int: SessionRecord.Offsets] {
            var offsets: [Int: SessionRecord.Offsets] = [:]
            for partition in first.indices where first[partition] >= 0 {
                offsets[partition] = SessionRecord.Offsets(first: first[partition], last: last[partition])
            }
            return offsets
        }
    }

    /// The lane's number, which travels with its records.
    let number: Int
    private let state = Mutex(State())

    init(number: Int) {
        self.number = number
    }

    /// Makes the lane ready for another session; the slots' counters go on, since they are compared by difference.
    func begin(kafkaPartitions: Int) {
        state.withLock { state in
            state.counts = Counts()
            state.losses = []
            state.first = [Int64](repeating: -1, count: kafkaPartitions)
            state.last = [Int64](repeating: -1, count: kafkaPartitions)
        }
    }

    /// A record is in its topic.
    func acknowledged(_ opaque: RecordOpaque, partition: Int, offset: Int64?, bytes: Int) {
        state.withLock { state in
            state.slots[opaque.slot] &+= 1
            state.counts.reported += 1
            state.counts.reportedBytes += Int64(bytes)
            switch opaque.kind {
            case .raw:
                state.counts.acknowledged += 1
                guard let offset, state.first.indices.contains(partition) else { return }
                if state.first[partition] < 0 || offset < state.first[partition] { state.first[partition] = offset }
                if offset > state.last[partition] { state.last[partition] = offset }
            case .compliance: state.counts.compliance += 1
            case .deadletter: state.counts.deadletter += 1
            case .control: break
            }
        }
    }

    /// A record is in no topic and will not be sent again.
    func lost(_ opaque: RecordOpaque, createdAt: Instant?, bytes: Int) {
        state.withLock { state in
            state.slots[opaque.slot] &+= 1
            state.counts.reported += 1
            state.counts.reportedBytes += Int64(bytes)
            state.counts.lost += 1
            if state.losses.count < 10_000 { state.losses.append(Loss(createdAt: createdAt)) }
        }
    }

    /// Lets `body` read and clear under the lock; no report is counted meanwhile.
    func withState<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
        state.withLock(body)
    }
}

/// The lanes of a process; a session that ends keeps its lane until everything it read is acknowledged.
final class LanePool: Sendable {
    /// How many sessions and jobs can be open or unacknowledged at a time.
    static let laneCount = 256

    let lanes: [AcknowledgementLane]
    private let free: Mutex<[Int]>

    init() {
        lanes = (0..<Self.laneCount).map(AcknowledgementLane.init(number:))
        free = Mutex(Array((0..<Self.laneCount).reversed()))
    }

    /// A lane that nobody uses; nil while all are in use.
    func take() -> AcknowledgementLane? {
        free.withLock { $0.popLast() }.map { lanes[$0] }
    }

    /// Gives a lane back; none of its records may be on its way any more.
    func giveBack(_ lane: AcknowledgementLane) {
        free.withLock { $0.append(lane.number) }
    }
}

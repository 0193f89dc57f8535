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

    /// Records that no topic took, since the session last looked.
    ///
    /// Bounded: beyond the limit only their span is kept, and doubt is a gap.
    struct Losses: Hashable {
        /// How many are known one by one; a session's holes become one beyond the same number.
        static let countMax = SessionCoverage.holesMax

        /// The creation times of the first ones that have one.
        private(set) var createdAt: [Instant] = []
        /// Between which creation times the others are.
        private(set) var span: ClosedRange<Instant>?
        /// Whether there are some without: then everything that does not count yet may be lost.
        private(set) var hasUnknown = false

        mutating func add(_ time: Instant?) {
            guard let time else {
                hasUnknown = true
                return
            }
            if createdAt.count < Self.countMax {
                createdAt.append(time)
            } else {
                span = min(span?.lowerBound ?? time, time)...max(span?.upperBound ?? time, time)
            }
        }

        /// Makes them holes of a session, and forgets them.
        mutating func move(to coverage: inout SessionCoverage) {
            for time in createdAt { coverage.lost(createdAt: time) }
            if let span { coverage.lost(from: span.lowerBound, through: span.upperBound) }
            if hasUnknown { coverage.lost(createdAt: nil) }
            clear()
        }

        mutating func clear() {
            createdAt.removeAll(keepingCapacity: true)
            span = nil
            hasUnknown = false
        }
    }

    /// The counts under the lane's lock.
    struct State {
        /// Records of each second that need not be waited for any more.
        var slots = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
        var counts = Counts()
        var losses = Losses()
        var first: [Int64] = []
        var last: [Int64] = []
        var rewritten: [Int: SessionRecord.Rewritten] = [:]

        /// The offsets in raw, by Kafka partition.
        var offsets: [Int: SessionRecord.Offsets] {
            var offsets: [Int: SessionRecord.Offsets] = [:]
            offsets.reserveCapacity(first.count)
            for partition in first.indices where first[partition] >= 0 {
                offsets[partition] = SessionRecord.Offsets(
                    first: first[partition],
                    last: last[partition],
                    rewritten: rewritten[partition]
                )
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
            state.losses.clear()
            state.first = [Int64](repeating: -1, count: kafkaPartitions)
            state.last = [Int64](repeating: -1, count: kafkaPartitions)
            state.rewritten = [:]
        }
    }

    /// A record is in its topic.
    ///
    /// - Parameters:
    ///   - opaque: What came back with the report.
    ///   - partition: Where in raw it is; of no account in other topics.
    ///   - offsets: Between which offsets it is, both inclusive: the same twice where the offset is known.
    ///   - bytes: Its value's.
    func acknowledged(_ opaque: RecordOpaque, partition: Int, offsets: (first: Int64, last: Int64), bytes: Int) {
        state.withLock { state in
            state.slots[opaque.slot] &+= 1
            state.counts.reported += 1
            state.counts.reportedBytes += Int64(bytes)
            switch opaque.kind {
            case .raw:
                state.counts.acknowledged += 1
                guard state.first.indices.contains(partition) else { return }
                if state.first[partition] < 0 || offsets.first < state.first[partition] {
                    state.first[partition] = offsets.first
                }
                state.last[partition] = max(state.last[partition], offsets.last)
            case .compliance: state.counts.compliance += 1
            case .deadletter: state.counts.deadletter += 1
            }
        }
    }

    /// Raw was cut, and offsets are given out again.
    func rewritten(_ range: SessionRecord.Rewritten, partition: Int) {
        state.withLock { $0.rewritten[partition] = range }
    }

    /// A record is in no topic and will not be sent again.
    func lost(_ opaque: RecordOpaque, createdAt: Instant?, bytes: Int) {
        state.withLock { state in
            state.slots[opaque.slot] &+= 1
            state.counts.reported += 1
            state.counts.reportedBytes += Int64(bytes)
            state.counts.lost += 1
            state.losses.add(createdAt)
        }
    }

    /// Lets `body` read and clear under the lock; no report is counted meanwhile.
    func withState<Result>(_ body: (inout sending State) -> sending Result) -> sending Result {
        state.withLock(body)
    }
}

import Dedup
import Kafka
import Operations
import Synchronization
import Tweets

/// Reads the changelogs of some partitions up to their marks, and makes sets out of them, on a thread of its own.
///
/// The thread of dedup meanwhile serves the group and the partitions that are live, and comes for what is finished. Each
/// lane has a consumer of its own, which fetches and unpacks beside it; both end with the lane, and their memory goes back
/// to the system.
final class RestoreLane: Sendable {
    /// One partition's changelog, from its oldest record up to the mark.
    struct Stretch: Sendable {
        let partition: Int32
        /// The group's stable committed offset, which was asked for before the mark; nil where there is none.
        let committed: Int64?
        let low: Int64
        let mark: Int64

        var length: Int64 { mark - low }
    }

    /// What became of a partition.
    enum Result: Sendable {
        /// It was read to its mark.
        case read(RestoreFold.Outcome, Figures)
        /// It could not be: it is to be restored anew, from the committed offset on.
        case again(KafkaError)
    }

    /// What was read of a partition.
    struct Figures: Sendable {
        let records: Int
        let ids: Int
        /// When the last record of the changelog was written.
        let lastWritten: Instant?
    }

    /// How far it is.
    struct Progress: Sendable {
        var offsets: Int64 = 0
        var ids = 0
    }

    private struct State {
        var wanted: Set<Int32>
        var ended: [(partition: Int32, result: Result)] = []
        var progress = Progress()
        var problem: KafkaError?
        var isOver = false
    }

    let stretches: [Stretch]
    /// Offsets to be read.
    let length: Int64
    private let state: Mutex<State>

    init(_ stretches: [Stretch]) {
        self.stretches = stretches
        length = stretches.reduce(0) { $0 + $1.length }
        state = Mutex(State(wanted: Set(stretches.map(\.partition))))
    }

    /// Begins to read.
    ///
    /// - Parameters:
    ///   - environment: The stage's.
    ///   - share: How many lanes there are, which share the memory for what was fetched.
    func start(_ environment: DedupEnvironment, share: Int) {
        BlockingThread.start(named: "restore") { [self] in
            do throws(KafkaError) {
                try RestoreReader(self, environment, share: share)?.run()
            } catch {
                for partition in wanted { end(partition, .again(error)) }
            }
            // What was fetched was allocated on one thread and freed on another: glibc would keep it for the former.
            KafkaMemory.release()
            state.withLock { $0.isOver = true }
        }
    }

    // MARK: The thread of dedup

    /// Nobody waits for a partition any more.
    func forget(_ partition: Int32) { state.withLock { _ = $0.wanted.remove(partition) } }

    /// The partitions that have ended since this was asked last.
    func takeEnded() -> [(partition: Int32, result: Result)] {
        state.withLock { state in
            defer { state.ended = [] }
            return state.ended
        }
    }

    /// How far it is.
    var progress: Progress { state.withLock { $0.progress } }
    /// What keeps it from reading; nil where nothing does.
    var problem: KafkaError? { state.withLock { $0.problem } }
    /// Whether its thread is done.
    var isOver: Bool { state.withLock { $0.isOver } }

    // MARK: Its own thread

    /// The partitions that are waited for.
    var wanted: Set<Int32> { state.withLock { $0.wanted } }

    /// A partition has come to its end.
    func end(_ partition: Int32, _ result: Result) {
        state.withLock { state in
            guard state.wanted.remove(partition) != nil else { return }
            state.ended.append((partition, result))
        }
    }

    /// It has come so far.
    func show(_ progress: Progress) {
        state.withLock { state in
            if progress.offsets > state.progress.offsets { state.problem = nil }
            state.progress = progress
        }
    }

    /// It cannot read on for the moment.
    func show(_ problem: KafkaError) { state.withLock { $0.problem = problem } }
}

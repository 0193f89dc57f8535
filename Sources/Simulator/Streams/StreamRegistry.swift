import Operations
import Synchronization
import Tweets
import World

/// What all requests share: the open connections, the budgets and the faults.
final class StreamRegistry: Sendable {
    private struct State {
        var streams: [Int: OpenStream] = [:]
        var opened = 0
        var refused: [Int: Int] = [:]
        var connections: RequestBudget
        var replays: RequestBudget
        var faults = FaultPlan()
        var isStopping = false
        var slowTicks = 0
    }

    private let options: SimulatorOptions
    private let state: Mutex<State>

    init(options: SimulatorOptions) {
        self.options = options
        let budget = options.dialect.requestBudget
        state = Mutex(
            State(
                connections: RequestBudget(
                    limit: options.requestLimit ?? budget.limit,
                    window: options.requestWindow ?? budget.window
                ),
                replays: RequestBudget(limit: options.replayRequestLimit, window: options.replayRequestWindow)
            )
        )
    }

    // MARK: Connections

    var streams: [OpenStream] {
        state.withLock { $0.streams.values.sorted { $0.target.connection < $1.target.connection } }
    }

    /// The number of the next connection.
    func nextNumber() -> Int {
        state.withLock { state in
            state.opened += 1
            return state.opened
        }
    }

    /// Takes a stream into the list.
    ///
    /// - Parameter make: Makes it for its place among the redundant ones.
    /// - Returns: nil where its stream partition has as many connections as allowed, or as many recoveries run.
    func open(_ request: StreamRequest, _ make: (_ place: Int) -> OpenStream) -> OpenStream? {
        state.withLock { state in
            let like = state.streams.values.filter { other in
                guard other.request.role == request.role else { return false }
                return request.role == .recovery || other.request.partition == request.partition
            }
            let limit =
                request.role != .recovery
                ? options.redundancy : options.dialect == .v2 ? options.recoveryJobsMax : Int.max
            guard like.count < limit else { return nil }
            let taken = Set(like.map(\.place))
            let stream = make((0...).first { !taken.contains($0) } ?? 0)
            state.streams[stream.target.connection] = stream
            return stream
        }
    }

    func close(_ stream: OpenStream) {
        state.withLock { $0.streams[stream.target.connection] = nil }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Asks every stream to end.
    func stop() {
        state.withLock { $0.isStopping = true }
    }

    // MARK: Budgets

    func requestConnection(at now: Instant) -> RequestBudget.Verdict {
        state.withLock { $0.connections.request(at: now) }
    }

    func requestReplay(at now: Instant) -> RequestBudget.Verdict {
        state.withLock { $0.replays.request(at: now) }
    }

    var requestLimit: Int { state.withLock { $0.connections.limit } }

    func refused(_ status: Int) {
        state.withLock { $0.refused[status, default: 0] += 1 }
    }

    var totals: (opened: Int, refused: [Int: Int], slowTicks: Int) {
        state.withLock { ($0.opened, $0.refused, $0.slowTicks) }
    }

    /// Counts a moment at which a stream was behind though its client was not.
    func countSlowTick() {
        state.withLock { $0.slowTicks += 1 }
    }

    // MARK: Faults

    func withFaults<Result>(_ body: (inout FaultPlan) -> Result) -> Result {
        state.withLock { body(&$0.faults) }
    }

    func effects(on target: FaultTarget, at now: Instant) -> FaultEffects {
        state.withLock { state in
            state.faults.faults.isEmpty ? FaultEffects() : state.faults.effects(on: target, at: now)
        }
    }
}

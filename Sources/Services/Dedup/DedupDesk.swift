import Synchronization
import Tweets

/// Where the thread of dedup and everybody else meet: the view that it shows, and the wish that it end.
final class DedupDesk: Sendable {
    private struct State {
        var view = DedupView()
        var isStopping = false
    }

    private let state = Mutex(State())

    /// What the stage looked like lately.
    var view: DedupView {
        get { state.withLock { $0.view } }
        set { state.withLock { $0.view = newValue } }
    }

    /// Asks the thread to end.
    func stop() {
        state.withLock { $0.isStopping = true }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }
}

import Recovery
import Synchronization
import Tweets

/// One request at work: what the thread that makes it and the coordinator's thread tell each other.
final class JobRun: Sendable {
    private struct State {
        var progress = BackfillProgress()
        var outcome: BackfillOutcome?
        var rate: Double
    }

    let request: JobRequest
    /// Ends the request, also while it waits for the upstream.
    let stopSignal = StopSignal()
    private let state: Mutex<State>

    /// A request that has not begun.
    ///
    /// - Parameter rate: Records a second that it may bring.
    init(_ request: JobRequest, rate: Double) {
        self.request = request
        state = Mutex(State(rate: rate))
    }

    // MARK: For the thread that makes the request

    /// Tells what was brought so far.
    func report(_ progress: BackfillProgress) {
        state.withLock { $0.progress = progress }
    }

    /// Tells the end; all progress was told before.
    func end(_ outcome: BackfillOutcome) {
        state.withLock { $0.outcome = outcome }
    }

    /// Whether the request is to end now.
    var isStopped: Bool { stopSignal.isSet }

    /// Records a second that it may bring.
    var rate: Double { state.withLock { $0.rate } }

    // MARK: For the coordinator's thread

    /// Asks the request to end.
    func stop() {
        stopSignal.set()
    }

    /// Changes the records a second while it runs.
    func setRate(_ rate: Double) {
        state.withLock { $0.rate = rate }
    }

    /// What was brought so far, and the end if it has come.
    var standing: (progress: BackfillProgress, outcome: BackfillOutcome?) {
        state.withLock { ($0.progress, $0.outcome) }
    }
}

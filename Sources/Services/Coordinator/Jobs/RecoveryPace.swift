import Operations
import Recovery
import Tweets

/// Holds a request back to its rate, which may change while it runs; waiting stops the reading, and so the server.
///
/// Belongs to the thread that reads.
final class RecoveryPace {
    private let run: JobRun
    private var allowance: RateAllowance

    init(_ run: JobRun) {
        self.run = run
        allowance = RateAllowance(at: MonotonicClock.now())
    }

    /// Waits until that many records more are within the rate, or the request is to end.
    ///
    /// - Parameter meanwhile: Called several times a second while it waits.
    func wait(for records: Int, meanwhile: () -> Void) {
        allowance.take(records)
        while !run.isStopped {
            let wait = allowance.wait(at: MonotonicClock.now(), rate: run.rate)
            guard wait > .zero else { return }
            pauseThread(milliseconds: UInt32(min(wait, .milliseconds(100)).milliseconds) + 1)
            meanwhile()
        }
    }
}

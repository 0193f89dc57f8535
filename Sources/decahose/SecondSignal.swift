import Glibc
import Operations
import UnixSignals

/// Ends the process at the second SIGTERM or SIGINT: whoever sends it twice does not want to wait for a drain.
enum SecondSignal {
    /// `timeout` and shells send one wish to stop twice, to the process and to its group.
    private static let oneWish = Duration.milliseconds(300)

    /// Counts both signals from now on; the service group handles the first.
    static func install() {
        Task.detached {
            var first: ContinuousClock.Instant?
            for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                guard let first else {
                    first = .now
                    continue
                }
                guard first.duration(to: .now) >= oneWish else { continue }
                StandardError.write("A second signal: stopped at once, without draining.\n")
                _exit(ProcessExit.unacknowledged.rawValue)
            }
        }
    }
}

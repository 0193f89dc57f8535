import Glibc
import Operations
import UnixSignals

/// Ends the process at the second SIGTERM or SIGINT: whoever sends it twice does not want to wait for a drain.
enum SecondSignal {
    /// Counts both signals from now on; the service group handles the first.
    static func install() {
        Task.detached {
            var received = 0
            for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                received += 1
                guard received >= 2 else { continue }
                StandardError.write("A second signal: stopped at once, without draining.\n")
                _exit(ProcessExit.unacknowledged.rawValue)
            }
        }
    }
}

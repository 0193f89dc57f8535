import Dispatch
import Glibc
import Operations
import Synchronization

/// Ends the process at the second SIGTERM or SIGINT: whoever sends it twice does not want to wait for a drain.
enum SecondSignal {
    private static let received = Atomic<Int>(0)

    private static let sources = [SIGTERM, SIGINT].map { number in
        let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
        source.setEventHandler {
            guard received.wrappingAdd(1, ordering: .relaxed).newValue >= 2 else { return }
            StandardError.write("A second signal: stopped at once, without draining.\n")
            _exit(ProcessExit.unacknowledged.rawValue)
        }
        return source
    }

    /// Counts both signals from now on; the service group handles the first.
    static func install() {
        for source in sources { source.activate() }
    }
}

import Dispatch
import Glibc
import Operations
import Synchronization

/// Ends the process at the second SIGTERM or SIGINT: whoever sends it twice does not want to wait for a drain.
enum SecondSignal {
    private static let received = Atomic<Int>(0)

    /// Counts both signals from now on; the service group handles the first.
    static func install() {
        for number in [SIGTERM, SIGINT] {
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler {
                guard received.wrappingAdd(1, ordering: .relaxed).newValue >= 2 else { return }
                StandardError.write("A second signal: stopped at once, without draining.\n")
                _exit(ProcessExit.unacknowledged.rawValue)
            }
            source.activate()
            retained.withLock { $0.append(source) }
        }
    }

    private static let retained = Mutex<[any DispatchSourceSignal]>([])
}

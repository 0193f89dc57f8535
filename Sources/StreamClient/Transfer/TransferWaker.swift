import CLibcurl
import Synchronization

/// Wakes a transfer's thread out of `poll`, from any thread and at any time, also before it began or after it ended.
public final class TransferWaker: Sendable {
    private struct State {
        /// The address of libcurl's multi handle; 0 while there is none.
        var multi: UInt = 0
        var isPending = false
    }

    private let state = Mutex(State())

    /// A waker that can serve any number of transfers, one after the other.
    public init() {}

    /// Ends the present or the next `poll` early.
    public func wake() {
        state.withLock { state in
            if let multi = UnsafeMutableRawPointer(bitPattern: state.multi) {
                curl_multi_wakeup(multi)
            } else {
                state.isPending = true
            }
        }
    }

    func attach(_ multi: UnsafeMutableRawPointer) {
        state.withLock { state in
            state.multi = UInt(bitPattern: multi)
            if state.isPending { curl_multi_wakeup(multi) }
            state.isPending = false
        }
    }

    /// After this returns, nobody uses the handle through the waker.
    func detach() {
        state.withLock { $0.multi = 0 }
    }
}

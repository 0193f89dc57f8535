import StreamClient
import Synchronization

/// Tells the blocking threads of a role to end, and wakes those that wait in a transfer.
final class StopSignal: Sendable {
    private struct State {
        var setAt: ContinuousClock.Instant?
        var wakers: [TransferWaker] = []
    }

    private let state = Mutex(State())

    init() {}

    /// Whether the role is to end.
    var isSet: Bool { setAt != nil }

    /// When it was set; nil before.
    var setAt: ContinuousClock.Instant? { state.withLock(\.setAt) }

    /// Sets it; it stays set.
    func set() {
        let wakers = state.withLock { state in
            if state.setAt == nil { state.setAt = .now }
            return state.wakers
        }
        for waker in wakers { waker.wake() }
    }

    /// Has a transfer's thread woken when the signal is set.
    func wakes(_ waker: TransferWaker) {
        let isSet = state.withLock { state in
            state.wakers.append(waker)
            return state.setAt != nil
        }
        if isSet { waker.wake() }
    }

    /// The waker's transfers are over.
    func forget(_ waker: TransferWaker) {
        state.withLock { $0.wakers.removeAll { $0 === waker } }
    }
}

import Operations
import Recovery
import Synchronization
import Tweets

/// Where the coordinator's thread and everybody else meet: the view that it shows, and what operators ask of it.
final class CoordinatorDesk: Sendable {
    /// What an operator may ask for.
    enum Wish: Sendable {
        case backfill(EventInterval, partition: Int?, isDryRun: Bool)
        case pause(String)
        case resume(String)
        case cancel(String)
        case rate(String, Int?)
    }

    typealias Reply = @Sendable (StatusBoard.Answer) -> Void

    private struct State {
        var view = CoordinatorView()
        var wishes: [(wish: Wish, reply: Reply)] = []
        var isStopping = false
        var isClosed = false
    }

    private let state = Mutex(State())

    /// A wish that is not taken up within a turn or two is not kept for ever.
    static let wishCountMax = 100

    var view: CoordinatorView {
        get { state.withLock { $0.view } }
        set { state.withLock { $0.view = newValue } }
    }

    /// Asks the thread to end.
    func stop() {
        state.withLock { $0.isStopping = true }
    }

    var isStopping: Bool { state.withLock { $0.isStopping } }

    /// Hands a wish to the thread and waits for its answer.
    func ask(_ wish: Wish) async -> StatusBoard.Answer {
        await withCheckedContinuation { continuation in
            let isTaken = state.withLock { state in
                guard !state.isClosed, state.wishes.count < Self.wishCountMax else { return false }
                state.wishes.append((wish, { continuation.resume(returning: $0) }))
                return true
            }
            if !isTaken { continuation.resume(returning: .problem(503, "the coordinator is not taking requests now")) }
        }
    }

    /// The wishes since the last call.
    func takeWishes() -> [(wish: Wish, reply: Reply)] {
        state.withLock { state in
            defer { state.wishes = [] }
            return state.wishes
        }
    }

    /// Answers what is left, and everything from now on, with a refusal.
    func close() {
        let left = state.withLock { state in
            state.isClosed = true
            defer { state.wishes = [] }
            return state.wishes
        }
        for (_, reply) in left { reply(.problem(503, "the coordinator is stopping")) }
    }
}

extension StatusBoard.Answer {
    /// An error as JSON.
    static func problem(_ status: Int, _ text: String) -> StatusBoard.Answer {
        StatusBoard.Answer(status: status, json: "{\"error\":\(JSONText.quoted(text))}\n")
    }
}

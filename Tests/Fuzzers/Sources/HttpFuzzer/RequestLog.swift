import HummingbirdCore
import Operations
import Synchronization

/// What the requests of one connection came to.
final class RequestLog: Sendable {
    struct Entries {
        /// Requests that reached the routes, in order.
        var requests: [Request] = []
        /// Answers that were written to the end, and ones that could not be.
        var answered = 0
        var failed = 0
        /// The lengths of the bodies of changes that were let through.
        var changes: [Int] = []
    }

    struct Request {
        var method: String
        var path: String
    }

    private let entries = Mutex(Entries())

    var now: Entries { entries.withLock { $0 } }

    func reset() { entries.withLock { $0 = Entries() } }

    func begin(_ request: HummingbirdCore.Request) {
        let bytes = request.headers.reduce(0) { $0 + $1.name.rawName.utf8.count + $1.value.utf8.count }
        guard bytes <= StatusServer.Limits().headerBytes, request.headers.count <= 101 else {
            fatalError("\(request.headers.count) headers of \(bytes) bytes were let through")
        }
        entries.withLock { $0.requests.append(Request(method: request.method.rawValue, path: request.uri.path)) }
    }

    func end(isAnswered: Bool) {
        entries.withLock { if isAnswered { $0.answered += 1 } else { $0.failed += 1 } }
    }

    /// The same board, whose changes are written down.
    func board(counting board: StatusBoard) -> StatusBoard {
        let counting = StatusBoard()
        for path in board.paths {
            if let document = board.document(at: path) { counting.show(path, document) }
            if let feed = board.feed(at: path) { counting.feed(path, json: feed.body) }
        }
        for path in ["/backfill", "/jobs/pause", "/jobs/resume", "/jobs/cancel", "/jobs/rate"] {
            guard let action = board.action(at: path) else { fatalError("nothing changes at \(path)") }
            counting.offer(path) { body in
                guard body.count <= StatusRoutes.bodyBytesMax else { fatalError("a body of \(body.count) bytes") }
                self.entries.withLock { $0.changes.append(body.count) }
                return await action(body)
            }
        }
        return counting
    }
}

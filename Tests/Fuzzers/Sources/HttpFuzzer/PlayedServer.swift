import Dispatch
import HummingbirdCore
import Logging
import Operations
import Synchronization

/// A coordinator's status server with everything that answers, and a log of what requests come to.
final class PlayedServer: Sendable {
    let log = RequestLog()
    let logger = Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }
    /// Connections as the real server treats them.
    let connections: HTTP1Channel
    private let coordinator = PlayedCoordinator()

    init() {
        let metrics = MetricsRegistry()
        metrics.counter("decahose_fuzz_total", "A counter.").add(1)
        let server = StatusServer(
            host: "127.0.0.1",
            port: 0,
            board: log.board(counting: coordinator.board),
            metrics: metrics,
            token: { ClientBytes.token },
            logger: logger
        )
        let log = log
        let responder = Self.responder(of: server)
        connections = HTTP1Channel(
            responder: { request, writer, channel in
                log.begin(request)
                do {
                    try await responder(request, writer, channel)
                } catch {
                    log.end(isAnswered: false)
                    throw error
                }
                log.end(isAnswered: true)
            },
            configuration: server.connection
        )
    }

    /// Begins anew, so that an input's outcome is its own.
    func reset() {
        log.reset()
        coordinator.reset()
    }

    /// Lets the coordinator look at what it was asked.
    ///
    /// - Returns: Whether it was asked anything.
    func takeTurn() -> Bool { coordinator.takeUpWishes() }

    /// What the server's application does with a request, taken where it would begin to listen.
    private static func responder(of server: StatusServer) -> HTTPChannelHandler.Responder {
        struct IsNotRun: Error {}
        final class Taken: Sendable {
            let responder = Mutex<HTTPChannelHandler.Responder?>(nil)
            let isDone = DispatchSemaphore(value: 0)
        }
        let taken = Taken()
        let application = server.application(
            over: HTTPServerBuilder { responder in
                taken.responder.withLock { $0 = responder }
                throw IsNotRun()
            }
        )
        Task {
            try? await application.run()
            taken.isDone.signal()
        }
        taken.isDone.wait()
        guard let responder = taken.responder.withLock(\.self) else { fatalError("the application took no responder") }
        return responder
    }
}

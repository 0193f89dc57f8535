import Hummingbird
public import Logging
import NIOCore
public import Operations
public import ServiceLifecycle
import Synchronization

/// Serves health, readiness, metrics and the documents of a role over HTTP; it decides nothing and touches no Kafka.
public struct StatusServer: Service {
    private let host: String
    private let port: Int
    private let routes: StatusRoutes
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// A server for one role.
    ///
    /// - Parameters:
    ///   - host: The name or address to listen on; loopback unless told otherwise.
    ///   - port: 0 picks a free one.
    ///   - board: What the role shows.
    ///   - metrics: What `/metrics` shows.
    ///   - token: The bearer token that changes need, asked at each request; nil switches changes off.
    ///   - logger: Where the server itself speaks.
    ///   - onListening: Called with the port once connections are accepted.
    public init(
        host: String,
        port: Int,
        board: StatusBoard,
        metrics: MetricsRegistry,
        token: (@Sendable () -> String?)? = nil,
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        routes = StatusRoutes(board: board, metrics: metrics, token: token)
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: ``ExitError`` where the address cannot be listened on.
    public func run() async throws {
        var quiet = logger
        // The framework tells its own start, and a stop before its start as an error; the role has words of its own.
        quiet.logLevel = .critical
        let onListening = onListening
        let application = Application(
            router: routes.router(),
            configuration: .init(address: .hostname(host, port: port), serverName: "decahose"),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            logger: quiet
        )
        do {
            try await application.run()
        } catch is CancellationError {
            return
        } catch {
            throw ExitError(
                .configuration,
                "The status server cannot listen on \(host):\(port): \(error). Set http.listen to a free address."
            )
        }
    }
}

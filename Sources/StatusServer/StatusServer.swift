import Hummingbird
import HummingbirdCore
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
    private let limits: Limits
    private let onListening: @Sendable (Int) -> Void

    /// What a client may take of the server.
    public struct Limits: Sendable {
        /// A connection that sends nothing, or a request that does not go on, for so many milliseconds is closed.
        public var idleMilliseconds: Int64 = 30_000
        /// Bytes of a request's header lines together, and of the longest one.
        public var headerBytes = 16384
        /// Connections at a time; more wait in the system's queue until one is closed.
        public var connections = 256

        /// The limits in force unless told otherwise.
        public init() {}
    }

    /// A server for one role.
    ///
    /// - Parameters:
    ///   - host: The name or address to listen on; loopback unless told otherwise.
    ///   - port: 0 picks a free one.
    ///   - board: What the role shows.
    ///   - metrics: What `/metrics` shows.
    ///   - token: The bearer token that changes need, asked at each request; nil switches changes off.
    ///   - limits: What a client may take.
    ///   - logger: Where the server itself speaks.
    ///   - onListening: Called with the port once connections are accepted.
    public init(
        host: String,
        port: Int,
        board: StatusBoard,
        metrics: MetricsRegistry,
        token: (@Sendable () -> String?)? = nil,
        limits: Limits = Limits(),
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.host = host
        self.port = port
        routes = StatusRoutes(board: board, metrics: metrics, token: token)
        self.limits = limits
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until graceful shutdown.
    ///
    /// - Throws: ``ExitError`` where the address cannot be listened on.
    public func run() async throws {
        do {
            try await application(over: .http1(configuration: connection)).run()
        } catch is CancellationError {
            return
        } catch {
            throw ExitError(
                .configuration,
                "The status server cannot listen on \(host):\(port): \(error). Set http.listen to a free address."
            )
        }
    }

    /// What a client may send over a connection.
    var connection: HTTP1Channel.Configuration {
        .init(
            idleTimeout: .milliseconds(limits.idleMilliseconds),
            httpDecoderConfiguration: .init(
                maxHeaderFieldSize: limits.headerBytes,
                maxHeaderListSize: limits.headerBytes,
                maxHeaderFieldCount: 100
            )
        )
    }

    /// Everything from a request to its answer; over what the requests come is the caller's, so that a fuzzer needs no
    /// socket.
    func application(over connections: HTTPServerBuilder) -> some ApplicationProtocol {
        var quiet = logger
        // The framework tells its own start, and a stop before its start as an error; the role has words of its own.
        quiet.logLevel = .critical
        let onListening = onListening
        return Application(
            router: routes.router(),
            server: connections,
            configuration: .init(
                address: .hostname(host, port: port),
                serverName: "decahose",
                availableConnectionsDelegate: MaximumAvailableConnections(limits.connections)
            ),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            logger: quiet
        )
    }
}

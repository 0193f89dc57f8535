import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
import Operations
public import ServiceLifecycle
import Tweets
import World

/// The simulated upstream: serves streams and recoveries of a world over HTTP, and tells the truth about it.
public struct SimulatorServer: Service {
    private let options: SimulatorOptions
    private let logger: Logger
    private let onListening: @Sendable (Int) -> Void

    /// A server of one world.
    ///
    /// - Parameters:
    ///   - options: What the world is like and how the upstream behaves.
    ///   - logger: Where it speaks; nothing is said for each connection above the level `debug`.
    ///   - onListening: Called with the port once connections are accepted.
    public init(
        options: SimulatorOptions,
        logger: Logger,
        onListening: @escaping @Sendable (Int) -> Void = { _ in }
    ) {
        self.options = options
        self.logger = logger
        self.onListening = onListening
    }

    /// Serves until graceful shutdown or cancellation; open streams are cut.
    ///
    /// - Throws: Where the address cannot be listened on.
    public func run() async throws {
        let streams = StreamService(options: options, logger: logger)
        let registry = streams.registry
        let control = ControlService(
            options: options,
            world: streams.world,
            registry: registry,
            started: WallClock.now()
        )
        var quiet = logger
        quiet.logLevel = max(.notice, logger.logLevel)
        let onListening = onListening
        let server = Server(
            childChannelSetup: HTTP1Channel { request, writer, channel in
                if let path = StreamPath(request.uri.path) {
                    try await streams.respond(path, request, writer, channel)
                } else {
                    try await control.respond(request, writer)
                }
            },
            configuration: .init(address: .hostname(options.host, port: options.port)),
            onServerRunning: { channel in onListening(channel.localAddress?.port ?? 0) },
            eventLoopGroup: MultiThreadedEventLoopGroup.singleton,
            logger: quiet
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                try await withGracefulShutdownHandler {
                    try await server.run()
                } onGracefulShutdown: {
                    registry.stop()
                }
            }
            group.addTask { await BufferWatch(options: options, registry: registry, streams: streams).run() }
            try await group.next()
            registry.stop()
            group.cancelAll()
        }
    }
}

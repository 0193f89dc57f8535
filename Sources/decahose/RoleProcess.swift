import Glibc
import Logging
import Operations
import ServiceLifecycle
import Settings
import StatusServer
import UnixSignals

/// Runs one role: its service beside the status server, until SIGTERM or SIGINT, and turns errors into exit codes.
///
/// A second signal ends the process at once.
struct RoleProcess {
    let name: String
    let common: CommonSettings
    let listen: ListenAddress
    var token: SecretSource?

    /// Runs until the role's service ends or a signal asks it to.
    ///
    /// - Parameter make: Makes the service from what it reports to.
    func run(_ make: (Logger, MetricsRegistry, StatusBoard) throws -> any Service) async throws {
        let (logger, level) = Self.bootstrapLogging(name: name, common: common)
        LogSignals.install(level, logger: logger)
        signal(SIGPIPE, SIG_IGN)
        try OpenFiles.raiseLimit()
        let metrics = MetricsRegistry()
        let board = StatusBoard()
        let service = try make(logger, metrics, board)
        let host = listen.host
        let server = StatusServer(
            host: host,
            port: listen.port,
            board: board,
            metrics: metrics,
            token: token.map { source in
                { @Sendable in (try? source.read())?.reveal { $0 } }
            },
            logger: logger
        ) { port in
            logger.info(
                "Status is served.",
                metadata: ["url": "http://\(ListenAddress(host: host, port: port))"]
            )
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [
                    .init(service: server, successTerminationBehavior: .gracefullyShutdownGroup),
                    .init(
                        service: service,
                        successTerminationBehavior: .gracefullyShutdownGroup,
                        failureTerminationBehavior: .cancelGroup
                    ),
                ],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Self.quiet(logger)
            )
        )
        SecondSignal.install()
        try await group.run()
    }

    /// Log lines of libraries are wanted from warnings on only; ours from the level that is set.
    private static func quiet(_ logger: Logger) -> Logger {
        var quiet = logger
        quiet.logLevel = max(.error, logger.logLevel)
        return quiet
    }

    /// A logger of the process as configured, and its level.
    static func bootstrapLogging(name: String, common: CommonSettings) -> (Logger, LogLevel) {
        let level = LogLevel(Logger.Level(rawValue: common.logLevel) ?? .info)
        let format: LineLogHandler.Format = common.logFormat == .json ? .json : .text
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, format: format, level: level) }
        return (Logger(label: name), level)
    }
}

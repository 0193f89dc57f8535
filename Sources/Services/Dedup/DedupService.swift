import Dedup
import Kafka
public import Logging
public import Operations
public import ServiceLifecycle
public import Settings
import Tweets

/// Turns raw, with its copies, into `tweets`: every Tweet exactly once for a read_committed reader.
///
/// Instances share the partitions as one consumer group; each has a name of its own.
public struct DedupService: Service {
    private let environment: DedupEnvironment
    private let board: StatusBoard
    private let metrics: DedupMetrics
    private let desk = DedupDesk()

    /// A service with the settings given.
    ///
    /// - Throws: ``InvalidConfiguration`` and ``ExitError`` where they cannot work.
    public init(_ settings: DedupSettings, logger: Logger, metrics: MetricsRegistry, board: StatusBoard) throws {
        self.init(try DedupEnvironment(settings, logger: logger), board: board, metrics: metrics)
        logger.info("\(DedupHorizon.forecast(environment.timing))")
    }

    init(_ environment: DedupEnvironment, board: StatusBoard, metrics: MetricsRegistry) {
        self.environment = environment
        self.board = board
        self.metrics = DedupMetrics(metrics)
        let desk = desk
        board.show("/status") { desk.view.json }
    }

    /// Works until graceful shutdown, which commits what is open.
    ///
    /// - Throws: ``ExitError`` where Kafka cannot be reached at start, its topics are not as they must be, a set cannot be
    ///   restored at start, or another process uses the same instance name.
    public func run() async throws {
        KafkaMemory.keepFreedBuffers()
        let (environment, desk, metrics, board) = (environment, desk, metrics, board)
        try await runUntilStopped {
            try await BlockingThread.run(named: "dedup") {
                let loop = try DedupLoop(environment, desk: desk, metrics: metrics, board: board)
                board.isStarted()
                try loop.run()
            }
        } onStop: {
            desk.stop()
        }
    }

    /// What it looks like now; for tests.
    var view: DedupView { desk.view }

    /// Asks it to end; for tests.
    func stop() { desk.stop() }
}

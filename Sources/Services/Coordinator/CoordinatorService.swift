public import Logging
public import Operations
import Recovery
public import ServiceLifecycle
public import Settings
import Tweets

/// Knows what nobody received, asks the upstream for it, and says what became of it.
///
/// Any number may run: one leads, the others follow and stand by.
public struct CoordinatorService: Service {
    private let environment: CoordinatorEnvironment
    private let board: StatusBoard
    private let metrics: CoordinatorMetrics
    private let desk = CoordinatorDesk()

    /// A coordinator as configured.
    public init(settings: CoordinatorSettings, logger: Logger, metrics: MetricsRegistry, board: StatusBoard) {
        self.init(
            CoordinatorEnvironment(
                names: settings.common.topics,
                instance: "coordinator \(HostProcess.name)",
                kafka: .role(settings.common, clientID: "decahose-coordinator"),
                options: CoordinatorOptions(
                    limits: .of(settings.stream.dialect),
                    timing: LedgerTiming(slack: settings.stream.deliverySlack),
                    concurrentJobsMax: settings.maxConcurrentJobs
                ),
                streams: settings.stream.streams,
                recoveryRate: settings.recoveryRate,
                transfer: PipelineTransfer(settings, logger: logger),
                wall: WallClock.now,
                clock: MonotonicClock.now,
                logger: logger
            ),
            board: board,
            metrics: metrics
        )
    }

    init(_ environment: CoordinatorEnvironment, board: StatusBoard, metrics: MetricsRegistry) {
        self.environment = environment
        self.board = board
        self.metrics = CoordinatorMetrics(metrics)
        CoordinatorRoutes.show(on: board, desk: desk)
    }

    /// Works until graceful shutdown: requests at work are stopped, and their jobs go on where they were.
    ///
    /// - Throws: ``ExitError`` where Kafka cannot be reached at start, or its topics are not as they must be.
    public func run() async throws {
        let (environment, desk, metrics, board) = (environment, desk, metrics, board)
        try await runUntilStopped {
            try await BlockingThread.run(named: "coordinator") {
                try CoordinatorLoop(environment, desk: desk, metrics: metrics, board: board).run()
            }
        } onStop: {
            desk.stop()
        }
    }

    /// What it knows now; for tests.
    var view: CoordinatorView { desk.view }

    /// What it was given; for tests.
    var environmentForTests: CoordinatorEnvironment { environment }

    /// Asks it to end; for tests.
    func stop() { desk.stop() }
}

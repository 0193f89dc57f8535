import FoundationEssentials
import Kafka
public import Logging
public import Operations
public import ServiceLifecycle
public import Settings
import Synchronization
import Tweets

/// One redundant connection: reads every stream partition that it is given and hands all of it to Kafka.
///
/// At start it waits for Kafka as long as it takes, reads control (where its connection stood, and whether another
/// bridge uses its name), and only then connects. It ends when it is told to, or when another bridge has its name.
public struct BridgeService: Service {
    private let settings: BridgeSettings
    private let takesOver: Bool
    private let logger: Logger
    private let metrics: MetricsRegistry
    private let board: StatusBoard
    private let stop = StopSignal()
    private let host = ProcessName.make()

    /// A bridge that has not begun.
    ///
    /// - Parameters:
    ///   - settings: What it runs with; its Kafka properties are checked.
    ///   - takesOver: Whether it claims its connection's name from a bridge that still uses it.
    ///   - logger: Where it tells operators what they must know.
    ///   - metrics: Where it counts.
    ///   - board: Where it shows how it stands.
    public init(
        settings: BridgeSettings,
        takesOver: Bool,
        logger: Logger,
        metrics: MetricsRegistry,
        board: StatusBoard
    ) {
        self.settings = settings
        self.takesOver = takesOver
        self.logger = logger
        self.metrics = metrics
        self.board = board
    }

    /// Runs until shutdown.
    ///
    /// - Throws: ``ExitError`` with 78 where topics are missing or differ, or where another bridge has the name; with 75
    ///   where records were left unacknowledged.
    public func run() async throws {
        KafkaMemory.keepFreedBuffers()
        try await runUntilStopped {
            try await walk()
        } onStop: { [stop] in
            stop.set()
        }
    }

    private func walk() async throws {
        let clientID = "\(settings.common.topics.prefix)-bridge-\(settings.connection)"
        let sink = RecordSink(
            common: settings.common,
            clientID: clientID,
            bufferBytes: settings.bufferBytes,
            logger: logger
        )
        let control = ControlTail(
            common: settings.common,
            connection: settings.connection,
            clientID: clientID,
            logger: logger,
            report: { [board] problem in board.setProblem("control", problem) }
        )
        let writer = BridgeControlWriter(
            common: settings.common,
            clientID: clientID,
            logger: logger,
            report: { [board] problem in board.setProblem("control writing", problem) }
        )
        defer { control.stop() }
        let opening = BridgeOpening(
            settings: settings,
            host: host,
            takesOver: takesOver,
            sink: sink,
            control: control,
            writer: writer,
            stop: stop,
            board: board,
            logger: logger
        )
        guard let partitions = try await BlockingThread.run(named: "bridge-start", { try opening.run() }) else {
            _ = await close(sink, writer, by: .now + .seconds(2))
            return
        }
        let context = BridgeContext(
            settings: settings,
            host: host,
            sink: sink,
            control: control,
            writer: writer,
            stop: stop,
            board: board,
            metrics: metrics,
            logger: logger,
            kafkaPartitions: partitions
        )
        board.show("/status") { controlJSON(context.status) }
        board.isStarted()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for stream in settings.stream.streams {
                group.addTask {
                    try await BlockingThread.run(named: "stream-\(stream.number)") {
                        BridgeConnection(context: context, stream: stream).run()
                    }
                }
            }
            try await group.waitForAll()
        }
        let left = await close(sink, writer, by: context.drainDeadline ?? .now + settings.drainTimeout)
        if let refused = context.refused { throw ExitError(.configuration, refused.text) }
        if let text = left.text(after: settings.drainTimeout) { throw ExitError(.unacknowledged, text) }
        logger.info("Everything that was read is acknowledged.")
    }

    /// What Kafka had not taken when the bridge ended.
    private struct Left {
        var records = 0
        var controlRecords = 0

        /// What is said of it; nil where nothing is left.
        func text(after time: Duration) -> String? {
            if records > 0 {
                return "Stopped after \(time) with \(records) records unacknowledged by Kafka; their time will be "
                    + "recovered as a gap."
            }
            guard controlRecords > 0 else { return nil }
            return "Everything that was read is acknowledged, but after \(time) the last state of \(controlRecords) "
                + "sessions was not in the control topic; what it did not claim before will be recovered as a gap."
        }
    }

    private func close(
        _ sink: RecordSink,
        _ writer: BridgeControlWriter,
        by deadline: ContinuousClock.Instant
    ) async -> Left {
        let left = try? await BlockingThread.run(named: "bridge-end") {
            let records = sink.close(deadline: deadline)
            let controlRecords = writer.close(deadline: max(deadline, .now + .milliseconds(500)))
            return Left(records: records, controlRecords: controlRecords)
        }
        return left ?? Left()
    }
}

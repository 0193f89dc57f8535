import Ingest
import Logging
import Operations
import Recovery
import Settings
import Synchronization
import Tweets

/// What the connections of one bridge share.
final class BridgeContext: Sendable {
    /// Why a bridge has to end by itself.
    struct Refusal: Sendable {
        var text: String
    }

    let settings: BridgeSettings
    /// Host and process, to tell twins apart.
    let host: String
    let sink: RecordSink
    let control: ControlTail
    let writer: BridgeControlWriter
    let stop: StopSignal
    let board: StatusBoard
    let metrics: MetricsRegistry
    let logger: Logger
    let budget: Mutex<RequestBudget>
    let rule: CoverageRule
    let kafkaPartitions: Int
    private let refusal = Mutex<Refusal?>(nil)
    private let bufferWatch = Mutex(BufferWatch())
    private let streams = Mutex<[StreamPartition: BridgeStatus.Stream]>([:])

    init(
        settings: BridgeSettings,
        host: String,
        sink: RecordSink,
        control: ControlTail,
        writer: BridgeControlWriter,
        stop: StopSignal,
        board: StatusBoard,
        metrics: MetricsRegistry,
        logger: Logger,
        kafkaPartitions: Int
    ) {
        self.settings = settings
        self.host = host
        self.sink = sink
        self.control = control
        self.writer = writer
        self.stop = stop
        self.board = board
        self.metrics = metrics
        self.logger = logger
        self.kafkaPartitions = kafkaPartitions
        budget = Mutex(RequestBudget(settings.stream.endpoint.contract))
        rule = CoverageRule(slack: settings.stream.deliverySlack)
    }

    /// Ends the whole bridge with exit code 78.
    func refuse(_ text: String) {
        refusal.withLock { if $0 == nil { $0 = Refusal(text: text) } }
        stop.set()
    }

    /// Why the bridge ended by itself, if it did.
    var refused: Refusal? { refusal.withLock { $0 } }

    /// Until when a bridge that stops waits for Kafka; nil while it does not stop.
    var drainDeadline: ContinuousClock.Instant? {
        stop.setAt.map { $0 + (refused == nil ? settings.drainTimeout : min(settings.drainTimeout, .seconds(5))) }
    }

    /// Shows how a stream partition stands.
    func show(_ status: BridgeStatus.Stream) {
        streams.withLock { $0[status.stream] = status }
    }

    /// How the bridge stands.
    var status: BridgeStatus {
        var status = BridgeStatus(connection: settings.connection, host: host)
        status.streams = streams.withLock { $0.values.sorted { $0.stream < $1.stream } }
        status.bufferedRecords = sink.outstanding
        status.bufferedBytes = status.streams.reduce(0) { $0 + $1.bufferedBytes }
        status.bufferBytesLimit = Int64(settings.bufferBytes)
        status.refusedRecords = sink.refusedCount
        status.kafkaProblem = sink.problem
        status.unaccounted = status.streams.reduce(0) { $0 + $1.unaccounted }
        return status
    }

    /// Tells when the buffer fills, is full, and has drained.
    func watchBuffer() {
        let status = status
        let event = bufferWatch.withLock {
            $0.look(
                bytes: status.bufferedBytes,
                limit: status.bufferBytesLimit,
                isPaused: status.streams.contains(where: \.isPaused)
            )
        }
        let metadata: Logger.Metadata = [
            "buffer": """
            \(ByteCount.forPeople(status.bufferedBytes)) of \(ByteCount.forPeople(status.bufferBytesLimit))
            """,
            "records": "\(status.bufferedRecords)",
            "brokers": "\(settings.common.bootstrapServers)",
        ]
        switch event {
        case .filling(let percent):
            logger.warning(
                "Kafka takes records more slowly than they come: the buffer is \(percent) % full. Reading goes on.",
                metadata: metadata
            )
        case .full:
            logger.error(
                """
                The buffer for Kafka is full: reading has stopped until Kafka takes records. Nothing that was read is \
                dropped; the upstream will close the connection, and the time missed is recovered later.
                """,
                metadata: metadata
            )
        case .drained:
            logger.info("The buffer for Kafka has drained; the stream is read as it comes.", metadata: metadata)
        case nil:
            break
        }
    }
}

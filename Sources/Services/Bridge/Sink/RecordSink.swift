import Kafka
import Logging
import Operations
import Settings
import Synchronization
import Tweets

/// The producer that takes everything that is read, and what becomes of records that Kafka does not take.
///
/// Any number of pipelines hand records over from their own threads; one thread polls for the reports. A record that
/// comes back refused is sent again, alone, once; then it goes to the deadletter topic; then it is lost, which its
/// session turns into a hole. Where the topic or the cluster is at fault it is sent again until it is taken. After a
/// fatal error the producer is replaced and what was unacknowledged is sent again. Memory is bounded by the producer's
/// buffer all the while: nothing new is read as long as anything is held outside it.
final class RecordSink: Sendable {
    /// `message.max.bytes`, of the client and of the topics.
    static let recordBytesMax = 8 << 20
    /// What a record costs beside its value: librdkafka's own structures, the key and the header.
    static let recordOverheadBytes = 512

    private struct State {
        var generation: ProducerGeneration?
        var retired: ProducerGeneration?
        var problem: String?
        var isClosing = false
        var isClosed = false
    }

    let lanes = LanePool()
    /// Where what is read is inflated to and produced from: enough for what is on its way while Kafka keeps up.
    let loans = KafkaLoans(count: 32, byteCount: 256 << 10)
    /// Rises when a fatal error has replaced the producer.
    let generationNumber = Atomic<Int>(0)
    /// Whether records that came back wait to be sent again, and nothing new is taken.
    let isHolding = Atomic<Bool>(false)

    private let properties: KafkaProperties
    private let watermarks: SinkWatermarks
    private let topics: TopicNames
    /// Told of every record that is taken.
    let reach: KafkaReach
    private let observer: KafkaObserver
    private let logger: Logger
    private let state = Mutex(State())
    private let refusals = Atomic<Int64>(0)
    private let held = Atomic<Int>(0)

    /// A sink that is not connected yet.
    ///
    /// - Parameters:
    ///   - common: Topics and Kafka properties.
    ///   - clientID: How it shows at the broker, for example `decahose-bridge-a`.
    ///   - bufferBytes: How much may wait for Kafka, in bytes.
    ///   - logger: Where what operators must know goes.
    init(common: CommonSettings, clientID: String, bufferBytes: Int, logger: Logger) {
        properties = .ingest(common, clientID: clientID, bufferBytes: bufferBytes)
        topics = common.topics
        let reach = KafkaReach(brokers: common.bootstrapServers, bufferBytes: bufferBytes, logger: logger)
        self.reach = reach
        observer = reach.observer
        watermarks = SinkWatermarks(
            topic: common.topics.raw,
            properties: .role(common, clientID: clientID),
            observer: observer
        )
        self.logger = logger
    }

    /// Makes the producer and starts the thread that polls; once.
    ///
    /// Blocks up to some seconds.
    ///
    /// - Returns: The number of partitions of raw.
    /// - Throws: `unknownTopicOrPartition` where a topic is missing, `invalidArgument` where the properties do not fit each
    ///   other, others while Kafka cannot be reached: call again.
    func connect() throws(KafkaError) -> Int {
        let generation = try ProducerGeneration(
            properties: properties,
            observer: observer,
            topics: topics,
            timeout: .seconds(3)
        )
        state.withLock { $0.generation = generation }
        generationNumber.store(1, ordering: .releasing)
        BlockingThread.start(named: "producer-poll") { [self] in
            SinkPoller(sink: self, generation: generation, watermarks: watermarks, logger: logger).run()
            state.withLock { $0.isClosed = true }
        }
        return Int(generation.raw.partitionCount)
    }

    /// Records that wait for Kafka or for their report to be read.
    var outstanding: Int {
        let (generation, retired) = state.withLock { ($0.generation, $0.retired) }
        return (generation?.producer.outQueueLength ?? 0) + (retired?.producer.outQueueLength ?? 0)
            + held.load(ordering: .acquiring)
    }

    /// Records that came back refused.
    var refusedCount: Int64 { refusals.load(ordering: .relaxed) }

    /// Why Kafka takes nothing at present and what to do about it, where it has said so; nil while it takes records.
    var problem: String? { state.withLock { $0.problem } }

    /// The present producer; nil before `connect`.
    func generation() -> ProducerGeneration? {
        state.withLock { $0.generation }
    }

    /// Waits until everything is acknowledged, at most until `deadline`, and ends the poll thread.
    ///
    /// - Returns: How many records were not acknowledged.
    func close(deadline: ContinuousClock.Instant) -> Int {
        guard generation() != nil else { return 0 }
        while outstanding > 0, ContinuousClock.now < deadline { pauseThread(milliseconds: 5) }
        let left = outstanding
        state.withLock { $0.isClosing = true }
        while !state.withLock(\.isClosed) { pauseThread(milliseconds: 5) }
        return left
    }

    // MARK: For the threads that write and the one that polls

    /// Whether that thread is to end.
    var isClosing: Bool { state.withLock(\.isClosing) }

    /// Counts a record that came back.
    func countRefusal() {
        refusals.wrappingAdd(1, ordering: .relaxed)
    }

    /// Shows how many records are held outside the producer, and whether anything new is taken.
    func showHeld(_ count: Int, isHolding: Bool) {
        held.store(count, ordering: .releasing)
        self.isHolding.store(isHolding, ordering: .releasing)
    }

    /// Shows what is wrong with Kafka; nil once it takes records.
    func show(problem: String?) {
        state.withLock { $0.problem = problem }
    }

    /// Shows and tells that a topic takes nothing, so that reading waits.
    func report(_ fault: TopicFault) {
        show(problem: fault.text)
        logger.error(
            "\(fault.text)",
            metadata: [
                LogKey.topic: "\(fault.topic)", LogKey.error: "\(fault.code.name)",
                LogKey.next: "reading waits; what was read is sent again until it is taken",
            ]
        )
    }

    /// Puts a producer in the failed one's place.
    func replace(_ failed: ProducerGeneration, by next: ProducerGeneration) {
        state.withLock {
            $0.generation = next
            $0.retired = failed
        }
        generationNumber.store(next.number, ordering: .releasing)
    }

    /// Lets go of the failed producer: it can have no records any more.
    func forgetRetired() {
        state.withLock { $0.retired = nil }
    }
}

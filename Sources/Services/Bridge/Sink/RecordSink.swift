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
/// session turns into a hole. After a fatal error the producer is rebuilt and what was unacknowledged is sent again.
final class RecordSink: Sendable {
    /// `message.max.bytes`, of the client and of the topics.
    static let recordBytesMax = 8 << 20

    private struct State {
        var generation: ProducerGeneration?
        var isClosing = false
        var isClosed = false
    }

    let lanes = LanePool()
    /// Rises when a fatal error has replaced the producer.
    let generationNumber = Atomic<Int>(0)

    private let properties: KafkaProperties
    private let topics: TopicNames
    private let reach: KafkaReach
    private let observer: KafkaObserver
    private let logger: Logger
    private let state = Mutex(State())
    private let refusals = Atomic<Int64>(0)

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
        self.logger = logger
    }

    /// Makes the producer and starts the thread that polls; once.
    ///
    /// Blocks up to some seconds.
    ///
    /// - Returns: The number of partitions of raw.
    /// - Throws: `unknownTopicOrPartition` where a topic is missing, others while Kafka cannot be reached: call again.
    func connect() throws(KafkaError) -> Int {
        let generation = try makeGeneration(number: 1)
        state.withLock { $0.generation = generation }
        generationNumber.store(1, ordering: .releasing)
        BlockingThread.start(named: "producer-poll") { self.pollUntilClosed() }
        return Int(generation.raw.partitionCount)
    }

    /// Records that wait for Kafka or for their report to be read.
    var outstanding: Int { state.withLock { $0.generation }?.producer.outQueueLength ?? 0 }

    /// Records that came back refused.
    var refusedCount: Int64 { refusals.load(ordering: .relaxed) }

    /// The present producer; nil before `connect`.
    func generation() -> ProducerGeneration? {
        state.withLock { $0.generation }
    }

    /// Writes a control record, if there is room in the buffer.
    ///
    /// - Returns: Whether it was taken.
    @discardableResult
    func writeControl(_ key: ControlKey, json: [UInt8]?) -> Bool {
        guard let generation = generation() else { return false }
        let opaque = RecordOpaque(kind: .control, lane: RecordOpaque.noLane, slot: 0).word
        let result = Array(key.text.utf8).withUnsafeBytes { key in
            func produce(_ value: UnsafeRawBufferPointer?) -> KafkaProduceResult {
                generation.producer.produce(
                    to: generation.control,
                    partition: 0,
                    key: key,
                    value: value,
                    timestampMilliseconds: WallClock.now().milliseconds,
                    opaque: opaque
                )
            }
            guard let json else { return produce(nil) }
            return json.withUnsafeBytes { produce($0) }
        }
        return result == .queued
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

    private func makeGeneration(number: Int) throws(KafkaError) -> ProducerGeneration {
        try ProducerGeneration(
            number: number,
            properties: properties,
            observer: observer,
            topics: topics,
            timeout: .seconds(3)
        )
    }

    // MARK: The poll thread

    private func pollUntilClosed() {
        guard var generation = generation() else { return }
        var refused: [RefusedRecord] = []
        while !state.withLock(\.isClosing) {
            generation.producer.poll(timeout: .milliseconds(50)) { take($0, &refused) }
            if generation.producer.fatalError() != nil {
                generation = rebuild(after: generation, &refused)
            } else if !refused.isEmpty {
                sendAgain(&refused, generation)
            }
        }
        state.withLock { $0.isClosed = true }
    }

    /// Counts one report.
    private func take(_ report: borrowing KafkaDeliveryReport, _ refused: inout [RefusedRecord]) {
        let opaque = RecordOpaque(word: report.opaque)
        guard let code = report.error else {
            reach.answered()
            guard opaque.lane != RecordOpaque.noLane else { return }
            lanes.lanes[opaque.lane].acknowledged(
                opaque,
                partition: Int(report.partition),
                offset: report.offset,
                bytes: report.value?.count ?? 0
            )
            return
        }
        refused.append(RefusedRecord(report, code: code))
    }

    /// Sends refused records again, each alone in its batch, or gives them up for the next worse place.
    private func sendAgain(_ refused: inout [RefusedRecord], _ generation: ProducerGeneration) {
        let records = refused
        refused = []
        refusals.wrappingAdd(Int64(records.count), ordering: .relaxed)
        if let first = records.first {
            logger.error(
                "Kafka refused records; each is sent again alone, then to the deadletter topic.",
                metadata: [LogKey.count: "\(records.count)", LogKey.error: "\(first.code.name): \(first.code.text)"]
            )
        }
        for var record in records {
            if record.isAboutTopic {
                // The topic is at fault, not the record: giving up here would lose the whole stream.
                pauseThread(milliseconds: 200)
            } else if record.opaque.attempt == 0 {
                record.opaque.attempt = 1
            } else if record.opaque.kind == .raw || record.opaque.kind == .compliance {
                record.opaque.kind = .deadletter
            } else {
                giveUp(record)
                continue
            }
            if produce(record, generation, &refused) {
                _ = generation.producer.flush(timeout: .seconds(5)) { take($0, &refused) }
            }
        }
    }

    /// - Returns: Whether the record is on its way again; otherwise it was given up.
    private func produce(
        _ record: RefusedRecord,
        _ generation: ProducerGeneration,
        _ refused: inout [RefusedRecord]
    ) -> Bool {
        while true {
            switch Self.produce(record, generation) {
            case .queued:
                return true
            case .queueFull:
                generation.producer.poll(timeout: .milliseconds(50)) { take($0, &refused) }
            case .rejected:
                giveUp(record)
                return false
            }
        }
    }

    private static func produce(_ record: RefusedRecord, _ generation: ProducerGeneration) -> KafkaProduceResult {
        func with<Result>(_ bytes: [UInt8]?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
            guard let bytes else { return body(nil) }
            return bytes.withUnsafeBytes { body($0) }
        }
        let isDeadletter = record.opaque.kind == .deadletter
        return with(isDeadletter ? nil : record.key) { key in
            with(record.value ?? (isDeadletter ? record.key : nil)) { value in
                with(record.header) { header in
                    generation.producer.produce(
                        to: generation.topic(record.opaque.kind),
                        partition: isDeadletter ? 0 : record.partition,
                        key: key,
                        value: value,
                        timestampMilliseconds: record.timestampMilliseconds,
                        header: header.map { KafkaHeader(RecordHeader.name, $0) },
                        opaque: record.opaque.word
                    )
                }
            }
        }
    }

    private func giveUp(_ record: RefusedRecord) {
        guard record.opaque.lane != RecordOpaque.noLane else { return }
        lanes.lanes[record.opaque.lane].lost(
            record.opaque,
            createdAt: record.createdAt,
            bytes: record.value?.count ?? 0
        )
        logger.error(
            "A record is lost: no topic took it; its time becomes a gap.",
            metadata: [LogKey.error: "\(record.code.name)", LogKey.count: "\(record.value?.count ?? 0) bytes"]
        )
    }

    /// Replaces a producer that failed for good, and sends again what it had not delivered.
    private func rebuild(
        after old: ProducerGeneration,
        _ refused: inout [RefusedRecord]
    ) -> ProducerGeneration {
        let error = old.producer.fatalError().map(String.init(describing:)) ?? ""
        logger.error(
            "The Kafka producer failed for good; a new one takes over and sends again what was not acknowledged.",
            metadata: [LogKey.error: "\(error)"]
        )
        try? old.producer.purge()
        while old.producer.outQueueLength > 0 {
            old.producer.poll(timeout: .milliseconds(50)) { take($0, &refused) }
        }
        var next: ProducerGeneration?
        while next == nil {
            do {
                next = try makeGeneration(number: old.number + 1)
            } catch {
                logger.error("A new Kafka producer cannot be made yet.", metadata: [LogKey.error: "\(error)"])
                pauseThread(milliseconds: 1000)
            }
            if state.withLock(\.isClosing) { return old }
        }
        guard let next else { return old }
        // First what was not delivered, then what comes after it.
        let records = refused
        refused = []
        for record in records { _ = produce(record, next, &refused) }
        state.withLock { $0.generation = next }
        generationNumber.store(next.number, ordering: .releasing)
        return next
    }
}

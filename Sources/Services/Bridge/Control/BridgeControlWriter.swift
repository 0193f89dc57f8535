import Ingest
import Kafka
import Logging
import Operations
import Settings
import Synchronization
import Tweets

/// Writes control records, with a producer of its own.
///
/// A full buffer of Tweets must not keep a session's record back: to the coordinator, and to a twin that watches, a bridge
/// without records is dead. Nothing is refused and nothing is given up: of each key the latest state is kept until Kafka
/// has it.
final class BridgeControlWriter: Sendable {
    private struct State {
        var outbox = ControlOutbox()
        var producer: KafkaProducer?
        var topic: KafkaTopic?
        /// Nothing is sent before, since Kafka just took nothing.
        var pausedUntil: ContinuousClock.Instant?
        var isClosing = false
        var isClosed = false
    }

    private static let pause: Duration = .milliseconds(200)

    private let properties: KafkaProperties
    private let topic: String
    private let observer: KafkaObserver
    private let logger: Logger
    private let state = Mutex(State())
    private let filter = Mutex(RepetitionFilter())
    private let isFailing = Atomic<Bool>(false)
    private let tell: @Sendable (_ problem: String?) -> Void

    /// A writer that has not begun.
    ///
    /// - Parameter report: Takes why Kafka takes no record, and nil when it does again.
    init(
        common: CommonSettings,
        clientID: String,
        logger: Logger,
        report: @escaping @Sendable (_ problem: String?) -> Void
    ) {
        tell = report
        properties = .role(
            common,
            clientID: clientID,
            [
                "enable.idempotence": "true", "acks": "all", "message.timeout.ms": "0",
                "message.max.bytes": "\(RecordSink.recordBytesMax)", "linger.ms": "0",
            ]
        )
        topic = common.topics.control
        observer = .logging(to: logger)
        self.logger = logger
    }

    /// Makes the producer and starts its thread; once, and only where Kafka could be reached.
    func start() throws(KafkaError) {
        try makeProducer()
        BlockingThread.start(named: "control-writer") { self.run() }
    }

    /// Takes the whole present state of a thing; nil removes it.
    func write(_ key: ControlKey, json: [UInt8]?) {
        state.withLock { state in
            state.outbox.put(key, json: json)
            Self.send(&state)
        }
    }

    /// Waits until everything is written, at most until `deadline`, and ends the thread.
    ///
    /// - Returns: How many records were not written.
    func close(deadline: ContinuousClock.Instant) -> Int {
        guard state.withLock({ $0.producer }) != nil else { return 0 }
        while unwritten > 0, ContinuousClock.now < deadline { pauseThread(milliseconds: 5) }
        let left = unwritten
        state.withLock { $0.isClosing = true }
        while !state.withLock(\.isClosed) { pauseThread(milliseconds: 5) }
        return left
    }

    /// Things whose latest state is not written.
    var unwritten: Int { state.withLock { $0.outbox.count } }

    private func makeProducer() throws(KafkaError) {
        let producer = try KafkaProducer(properties, observer: observer)
        let handle = try producer.topic(topic, partitionCount: 1)
        state.withLock { state in
            state.producer = producer
            state.topic = handle
            state.pausedUntil = nil
            state.outbox.allCameBack()
        }
    }

    private func run() {
        while let producer = state.withLock({ $0.isClosing ? nil : $0.producer }) {
            producer.poll(timeout: .milliseconds(20)) { take($0) }
            if producer.fatalError() != nil { replace(producer) }
            state.withLock { Self.send(&$0) }
        }
        state.withLock { $0.isClosed = true }
    }

    private func take(_ report: borrowing KafkaDeliveryReport) {
        let ticket = report.opaque
        let error = report.error
        state.withLock { state in
            state.outbox.reported(ticket, isWritten: error == nil)
            if error != nil { state.pausedUntil = .now + Self.pause }
        }
        guard let error else {
            if isFailing.exchange(false, ordering: .relaxed) { tell(nil) }
            return
        }
        isFailing.store(true, ordering: .relaxed)
        let problem = KafkaError(code: error).aboutControl(topic, "write")
        tell(problem)
        if let repeated = filter.withLock({ $0.admit(error.name, at: MonotonicClock.now()) }) {
            logger.warning(
                "Kafka refuses a control record; its thing's latest state is sent again each second.",
                metadata: [LogKey.topic: "\(topic)", LogKey.error: "\(problem)", "repeated": "\(repeated)"]
            )
        }
    }

    /// Replaces a producer that failed for good; what it had is sent again.
    private func replace(_ failed: KafkaProducer) {
        logger.warning(
            "The producer of control records failed for good; a new one takes over.",
            metadata: [LogKey.error: "\(failed.fatalError().map(String.init(describing:)) ?? "")"]
        )
        do {
            try makeProducer()
        } catch {
            logger.error("A new Kafka producer cannot be made yet.", metadata: [LogKey.error: "\(error)"])
        }
        pauseThread(milliseconds: 500)
    }

    private static func send(_ state: inout State) {
        guard let producer = state.producer, let topic = state.topic else { return }
        guard state.pausedUntil.map({ ContinuousClock.now >= $0 }) ?? true else { return }
        for letter in state.outbox.letters {
            guard produce(letter, producer, topic) == .queued else {
                state.pausedUntil = .now + pause
                return
            }
            state.outbox.sent(letter)
        }
    }

    private static func produce(
        _ letter: ControlOutbox.Letter,
        _ producer: KafkaProducer,
        _ topic: KafkaTopic
    ) -> KafkaProduceResult {
        func produce(_ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer?) -> KafkaProduceResult {
            producer.produce(
                to: topic,
                partition: 0,
                key: key,
                value: value,
                timestampMilliseconds: WallClock.now().milliseconds,
                opaque: letter.ticket
            )
        }
        return Array(letter.key.utf8).withUnsafeBytes { key in
            guard let json = letter.json else { return produce(key, nil) }
            return json.withUnsafeBytes { produce(key, $0) }
        }
    }
}

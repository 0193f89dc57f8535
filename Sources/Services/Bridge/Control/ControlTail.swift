import FoundationEssentials
import Ingest
import Kafka
import Logging
import Operations
import Settings
import Synchronization
import Tweets

/// Reads control from its beginning and follows it, on a thread of its own.
final class ControlTail: Sendable {
    private let topic: String
    private let properties: KafkaProperties
    private let logger: Logger
    private let history: Mutex<ConnectionHistory>
    private let isStopping = Mutex(false)
    private let report: @Sendable (_ problem: String?) -> Void

    /// A reader that has not begun.
    ///
    /// - Parameter report: Takes why control cannot be read, and nil when it can again.
    init(
        common: CommonSettings,
        connection: String,
        clientID: String,
        logger: Logger,
        report: @escaping @Sendable (_ problem: String?) -> Void
    ) {
        self.report = report
        topic = common.topics.control
        properties = .role(
            common,
            clientID: clientID,
            [
                // Needed to assign partitions; nothing is ever committed to it.
                "group.id": "\(common.topics.prefix)-bridge-\(connection)",
                "enable.auto.commit": "false",
                "enable.auto.offset.store": "false",
                "auto.offset.reset": "error",
                "enable.partition.eof": "true",
                // The coordinator's open transactions must not hold the reading back.
                "isolation.level": "read_uncommitted",
            ]
        )
        self.logger = logger
        history = Mutex(ConnectionHistory(connection: connection))
    }

    /// Starts the thread.
    func start() {
        BlockingThread.start(named: "control-tail") { self.run() }
    }

    /// Ends the thread within a second.
    func stop() {
        isStopping.withLock { $0 = true }
    }

    /// Looks at what has been read.
    func read<Result: Sendable>(_ body: (ConnectionHistory) -> Result) -> Result {
        history.withLock { body($0) }
    }

    private func run() {
        var filter = RepetitionFilter()
        while !isStopping.withLock(\.self) {
            do {
                try follow()
            } catch {
                let problem = error.aboutControl(topic, "read")
                report(problem)
                if let repeated = filter.admit(error.code.name, at: MonotonicClock.now()) {
                    logger.warning(
                        "Control cannot be read; it is tried again twice a second.",
                        metadata: [LogKey.topic: "\(topic)", LogKey.error: "\(problem)", "repeated": "\(repeated)"]
                    )
                }
                pauseThread(milliseconds: 500)
            }
        }
    }

    private func follow() throws(KafkaError) {
        let consumer = try KafkaConsumer(properties, observer: .logging(to: logger))
        try consumer.assign([KafkaPosition(topic: topic, partition: 0, offset: KafkaPosition.beginning)])
        while !isStopping.withLock(\.self) {
            switch consumer.poll(timeout: .milliseconds(500)) {
            case .nothing:
                break
            case .message(let message):
                take(message)
            case .partitionEnd:
                report(nil)
                history.withLock { $0.caughtUp() }
            case .error(let error, let partition):
                // An error of the partition ends its reading; others are recovered from by librdkafka.
                if partition != nil || error.isFatal { throw error }
            }
        }
    }

    private func take(_ message: borrowing KafkaMessage) {
        guard let keyBytes = message.key,
            let key = ControlKey(String(decoding: keyBytes, as: UTF8.self)), let kind = key.kind
        else { return }
        let value = message.value.map { Data($0) }
        switch kind {
        case .session:
            guard let value else {
                history.withLock { $0.forget(key) }
                return
            }
            guard let record = decode(SessionRecord.self, value, key) else { return }
            history.withLock { $0.take(record) }
        case .claim:
            guard let value, let record = decode(ClaimRecord.self, value, key) else { return }
            history.withLock { $0.take(record) }
        case .topics:
            let record = value.flatMap { decode(TopicsRecord.self, $0, key) }
            history.withLock { $0.topics = record }
        case .ledger:
            guard let value, let record = decode(LedgerRecord.self, value, key) else { return }
            history.withLock { $0.take(record) }
        case .gap, .job, .loss, .census:
            break
        }
    }

    private func decode<Record: Decodable>(_ type: Record.Type, _ value: Data, _ key: ControlKey) -> Record? {
        guard ControlNumbers.areCounts(value) else {
            logger.warning(
                "A control record has a number that is no count and no offset; it is passed over.",
                metadata: ["key": "\(key.text)"]
            )
            return nil
        }
        do {
            return try JSONDecoder().decode(type, from: value)
        } catch {
            logger.warning(
                "A control record cannot be read and is passed over.",
                metadata: ["key": "\(key.text)", LogKey.error: "\(error)"]
            )
            return nil
        }
    }
}

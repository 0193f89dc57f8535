import Ingest
import Kafka
import Logging
import Operations
import Synchronization
import Tweets

/// Whether Kafka can be reached, told to operators when it changes and every few minutes while it cannot.
///
/// Errors come from the thread that polls the producer, acknowledgements too, at the rate of the stream.
final class KafkaReach: Sendable {
    private struct State {
        var downSince: MonotonicInstant?
        var filter = RepetitionFilter()
    }

    private let brokers: String
    private let bufferBytes: Int
    private let logger: Logger
    private let isDown = Atomic<Bool>(false)
    private let state = Mutex(State())

    /// Nothing has failed yet.
    ///
    /// - Parameters:
    ///   - brokers: The bootstrap servers, for people.
    ///   - bufferBytes: How much may wait for Kafka.
    ///   - logger: Where it is told.
    init(brokers: String, bufferBytes: Int, logger: Logger) {
        self.brokers = brokers
        self.bufferBytes = bufferBytes
        self.logger = logger
    }

    /// What the producer's errors go to.
    var observer: KafkaObserver {
        let other = KafkaObserver.logging(to: logger)
        return KafkaObserver(
            log: other.log,
            error: { [self] error in
                switch error.code {
                case .allBrokersDown, .authentication: failed(error)
                // A single broker that is away, which the client works around.
                case .transport, .resolve, .timedOut:
                    logger.debug("A Kafka broker cannot be reached.", metadata: [LogKey.error: "\(error)"])
                default: other.error(error)
                }
            }
        )
    }

    /// No broker can be used.
    func failed(_ error: KafkaError) {
        let now = MonotonicClock.now()
        isDown.store(true, ordering: .relaxed)
        let (isTold, since) = state.withLock { state in
            state.downSince = state.downSince ?? now
            return (state.filter.admit(error.code.name, at: now) != nil, state.downSince ?? now)
        }
        guard isTold else { return }
        let isAuthentication = error.code == .authentication
        logger.error(
            isAuthentication
                ? "Kafka refuses the bridge's credentials: check kafka.sasl.* and kafka.security.protocol."
                : "Kafka cannot be reached: no broker answers.",
            metadata: [
                "brokers": "\(brokers)", LogKey.error: "\(error)", LogKey.duration: "\((now - since).forPeople)",
                LogKey.next: """
                reading goes on and what is read waits in memory, up to \(ByteCount.forPeople(Int64(bufferBytes))) \
                (bridge.buffer_bytes); then reading stops. Reconnects by itself
                """,
            ]
        )
    }

    /// A record is in its topic.
    func answered() {
        guard isDown.load(ordering: .relaxed) else { return }
        isDown.store(false, ordering: .relaxed)
        let since = state.withLock { state in
            defer { state = State() }
            return state.downSince
        }
        guard let since else { return }
        logger.info(
            "Kafka takes records again.",
            metadata: [LogKey.duration: "\((MonotonicClock.now() - since).forPeople)", "brokers": "\(brokers)"]
        )
    }
}

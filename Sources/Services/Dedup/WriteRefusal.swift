import Kafka
import Synchronization

/// Which topic of a transaction this user may not write to.
///
/// librdkafka 2.0.2 says so in its log alone: the calls that follow answer that the transaction is in a state in which nothing
/// goes any more, and giving up a transaction to which nothing could be added fails the producer for good.
final class WriteRefusal: Sendable {
    private let latest = Mutex<String?>(nil)

    /// An observer that listens and hands everything on.
    func listening(for observer: KafkaObserver) -> KafkaObserver {
        KafkaObserver(
            log: { [self] line in
                if line.facility == "ADDPARTS", line.message.contains("authorization failed") {
                    latest.withLock { $0 = line.message }
                }
                observer.log(line)
            },
            error: observer.error
        )
    }

    /// The refusal with what to do about it; nil where all that was written was taken since.
    var problem: String? {
        latest.withLock { $0 }.map { "\($0)\(DedupClients.advice(.topicAuthorizationFailed))" }
    }

    /// A transaction was committed.
    func isOver() {
        latest.withLock { $0 = nil }
    }
}

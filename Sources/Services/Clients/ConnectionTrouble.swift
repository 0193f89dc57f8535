import Kafka
import Synchronization

/// Why no broker can be spoken to.
///
/// librdkafka says so in its log alone, for example that a certificate could not be verified; the calls answer that the
/// transport failed, or that time is up.
final class ConnectionTrouble: Sendable {
    private let latest = Mutex<String?>(nil)

    /// An observer that listens and hands everything on.
    func listening(for observer: KafkaObserver) -> KafkaObserver {
        KafkaObserver(
            log: { [self] line in
                if line.facility == "FAIL" { latest.withLock { $0 = Self.sentence(line.message) } }
                observer.log(line)
            },
            error: observer.error
        )
    }

    /// librdkafka's latest reason; nil where it gave none.
    var words: String? { latest.withLock { $0 } }

    /// Without the thread that says it: `[thrd:ssl://kafka:9092/bootstrap]: ssl://…`.
    private static func sentence(_ message: String) -> String {
        guard message.hasPrefix("[thrd:"), let end = message.firstRange(of: "]: ") else { return message }
        return String(message[end.upperBound...])
    }
}

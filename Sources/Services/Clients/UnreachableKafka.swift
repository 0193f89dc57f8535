import Kafka
import Operations

extension ExitError {
    /// Kafka gave no answer in time, in words for whoever can mend it.
    static func unreachable(_ brokers: String, _ error: KafkaError) -> ExitError {
        ExitError(
            .kafkaUnreachable,
            "Kafka at \(brokers) does not answer: \(error). Check kafka.bootstrap.servers, and that the cluster is up."
        )
    }
}

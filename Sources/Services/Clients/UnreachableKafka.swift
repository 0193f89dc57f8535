import Kafka
import Operations

extension KafkaError {
    /// Whether no broker was spoken to, or none answered in time.
    var isUnanswered: Bool { [.transport, .allBrokersDown, .timedOut, .resolve].contains(code) }
}

extension ExitError {
    /// A tool cannot read a topic, with what to do about it.
    ///
    /// - Parameters:
    ///   - topic: Which one.
    ///   - brokers: Where it was looked for.
    ///   - error: What the call answered.
    ///   - trouble: Listened while it was tried.
    static func unreadable(
        _ topic: String,
        _ brokers: String,
        _ error: KafkaError,
        _ trouble: ConnectionTrouble
    ) -> ExitError {
        switch error.code {
        case .unknownTopicOrPartition, .unknownTopic:
            ExitError(
                .configuration,
                "Kafka at \(brokers) has no topic \(topic). Check topics.prefix, or create the topics: decahose topics create. "
                    + "Where it exists, this user may not see it: 'decahose topics acls tools'."
            )
        case _ where error.isUnanswered:
            unreachable(brokers, error, trouble)
        default:
            ExitError(
                error.code.isRefusal ? .configuration : .kafkaUnreachable,
                "\(topic) cannot be read at \(brokers): \(error.granting(.tools))."
            )
        }
    }

    /// Kafka gave no answer in time, in words for whoever can mend it.
    ///
    /// - Parameters:
    ///   - brokers: Where it was looked for.
    ///   - error: What the call answered.
    ///   - trouble: Listened while it was tried.
    static func unreachable(_ brokers: String, _ error: KafkaError, _ trouble: ConnectionTrouble) -> ExitError {
        let reason = trouble.words.map { " The connection failed: \($0)." } ?? ""
        return ExitError(
            .kafkaUnreachable,
            "Kafka at \(brokers) does not answer: \(error).\(reason) Check kafka.bootstrap.servers, kafka.security.protocol with "
                + "what belongs to it, and that the cluster is up."
        )
    }
}

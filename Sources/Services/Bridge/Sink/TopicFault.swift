import Kafka

/// Why a topic takes nothing, in words that somebody can act on.
struct TopicFault: Equatable {
    var kind: RecordOpaque.Kind
    var topic: String
    var code: KafkaErrorCode

    /// What is wrong and what to do.
    var text: String {
        switch code {
        case .topicAuthorizationFailed:
            "Kafka does not let this principal write to \(topic). Grant it Write and Describe on the topic."
        case .clusterAuthorizationFailed:
            "Kafka does not let this principal write idempotently. Grant it IdempotentWrite on the cluster."
        case .unknownTopic, .unknownPartition, .unknownTopicOrPartition:
            "\(topic) is gone or has lost partitions. Run `decahose topics check`; `decahose topics create` makes it."
        case .notEnoughReplicas, .notEnoughReplicasAfterAppend:
            "\(topic) has fewer replicas in sync than min.insync.replicas. Bring the brokers back."
        default:
            "Kafka does not take records of \(topic) at present: \(code.text)."
        }
    }
}

import Kafka

/// What stands between Kafka and a record that came back: it decides what is tried next.
enum RefusalCause: Equatable {
    /// The record, or the batch that it shared: it is sent again alone, then aside, then it is lost.
    ///
    /// Also for every code that we do not know, so that no code can hold a stream up for ever.
    case record
    /// The topic is gone or closed to us, which says nothing about the record: somebody must mend it.
    case topic
    /// The cluster's state: waiting helps by itself.
    case passing
    /// The producer has ended; the next one takes it.
    case producer

    init(_ code: KafkaErrorCode) {
        if Self.aboutTopic.contains(code) {
            self = .topic
        } else if Self.aboutCluster.contains(code) {
            self = .passing
        } else if Self.aboutProducer.contains(code) {
            self = .producer
        } else {
            self = .record
        }
    }

    private static let aboutTopic: Set<KafkaErrorCode> = [
        .topicAuthorizationFailed, .clusterAuthorizationFailed, .unknownTopic, .unknownPartition,
        .unknownTopicOrPartition,
    ]

    /// librdkafka retries the broker's own ones itself, but `retries` is the user's to limit.
    private static let aboutCluster: Set<KafkaErrorCode> = [
        .transport, .resolve, .allBrokersDown, .authentication, .timedOut, .recordTimedOut, .notLeader,
        .leaderNotAvailable, .notEnoughReplicas, .notEnoughReplicasAfterAppend, .brokerNotAvailable,
        .replicaNotAvailable, .requestTimedOut, .networkException, .storageError, .throttlingQuotaExceeded,
    ]

    private static let aboutProducer: Set<KafkaErrorCode> = [
        .purgedFromQueue, .purgedInFlight, .state, .fatal, .fenced, .producerFenced, .invalidProducerEpoch,
        .outOfOrderSequenceNumber, .unknownProducerID,
    ]
}

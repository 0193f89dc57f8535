import CLibrdkafka

/// A librdkafka error code: negative ones are the library's own, positive ones come from a broker.
///
/// Only the codes that callers decide by have a name here; any other keeps its number and `name`.
public struct KafkaErrorCode: RawRepresentable, Hashable, Sendable {
    /// The number, as in `rd_kafka_resp_err_t`.
    public let rawValue: Int32

    /// Makes a code of its number.
    public init(rawValue: Int32) {
        self.rawValue = rawValue
    }

    init(_ code: rd_kafka_resp_err_t) {
        self.rawValue = code.rawValue
    }

    /// The code as librdkafka takes it.
    var response: rd_kafka_resp_err_t {
        rd_kafka_resp_err_t(rawValue: rawValue)
    }

    /// The protocol's name, such as `NOT_LEADER_FOR_PARTITION`, or `_TIMED_OUT` for the library's own.
    public var name: String {
        String(cString: rd_kafka_err2name(response))
    }

    /// librdkafka's sentence for the code.
    public var text: String {
        String(cString: rd_kafka_err2str(response))
    }
}

extension KafkaErrorCode {
    /// No error.
    public static let none = Self(RD_KAFKA_RESP_ERR_NO_ERROR)
    /// The library gave up a message because of a purge before it was sent.
    public static let purgedFromQueue = Self(RD_KAFKA_RESP_ERR__PURGE_QUEUE)
    /// The library gave up a message because of a purge while it was on its way: it may be in the log.
    public static let purgedInFlight = Self(RD_KAFKA_RESP_ERR__PURGE_INFLIGHT)
    /// A connection broke, or could not be made.
    public static let transport = Self(RD_KAFKA_RESP_ERR__TRANSPORT)
    /// Host name resolution failed.
    public static let resolve = Self(RD_KAFKA_RESP_ERR__RESOLVE)
    /// No broker can be reached at present.
    public static let allBrokersDown = Self(RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN)
    /// The handle's credentials were refused.
    public static let authentication = Self(RD_KAFKA_RESP_ERR__AUTHENTICATION)
    /// A call's time-out passed.
    public static let timedOut = Self(RD_KAFKA_RESP_ERR__TIMED_OUT)
    /// A record's `message.timeout.ms` passed.
    public static let recordTimedOut = Self(RD_KAFKA_RESP_ERR__MSG_TIMED_OUT)
    /// The producer's buffer is at its limit.
    public static let queueFull = Self(RD_KAFKA_RESP_ERR__QUEUE_FULL)
    /// A property or an argument is not valid.
    public static let invalidArgument = Self(RD_KAFKA_RESP_ERR__INVALID_ARG)
    /// The call does not fit the handle's present state.
    public static let state = Self(RD_KAFKA_RESP_ERR__STATE)
    /// The topic does not exist, says this client's metadata.
    public static let unknownTopic = Self(RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC)
    /// The partition does not exist, says this client's metadata.
    public static let unknownPartition = Self(RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION)
    /// The topic or partition does not exist, says a broker.
    public static let unknownTopicOrPartition = Self(RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    /// No offset to start from, and `auto.offset.reset=error`.
    public static let autoOffsetReset = Self(RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET)
    /// The offset is not in the log (any more).
    public static let offsetOutOfRange = Self(RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE)
    /// `max.poll.interval.ms` passed without a poll, so the member left its group.
    public static let maxPollExceeded = Self(RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
    /// The handle failed for good; `fatalError()` tells the cause.
    public static let fatal = Self(RD_KAFKA_RESP_ERR__FATAL)
    /// A newer producer of the same transactional id took over.
    public static let fenced = Self(RD_KAFKA_RESP_ERR__FENCED)
    /// A newer producer of the same transactional id took over, says a broker.
    public static let producerFenced = Self(RD_KAFKA_RESP_ERR_PRODUCER_FENCED)
    /// A newer producer of the same transactional id took over, says a broker of before 2.8.
    public static let invalidProducerEpoch = Self(RD_KAFKA_RESP_ERR_INVALID_PRODUCER_EPOCH)
    /// Another member took this static member's place.
    public static let fencedInstanceID = Self(RD_KAFKA_RESP_ERR_FENCED_INSTANCE_ID)
    /// The group's generation has moved on.
    public static let illegalGeneration = Self(RD_KAFKA_RESP_ERR_ILLEGAL_GENERATION)
    /// The group does not know this member any more.
    public static let unknownMemberID = Self(RD_KAFKA_RESP_ERR_UNKNOWN_MEMBER_ID)
    /// An open transaction holds the committed offset back.
    public static let unstableOffsetCommit = Self(RD_KAFKA_RESP_ERR_UNSTABLE_OFFSET_COMMIT)
    /// The broker asked is not the partition's leader.
    public static let notLeader = Self(RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION)
    /// The partition has no leader at present.
    public static let leaderNotAvailable = Self(RD_KAFKA_RESP_ERR_LEADER_NOT_AVAILABLE)
    /// The broker is not available.
    public static let brokerNotAvailable = Self(RD_KAFKA_RESP_ERR_BROKER_NOT_AVAILABLE)
    /// A replica is not available.
    public static let replicaNotAvailable = Self(RD_KAFKA_RESP_ERR_REPLICA_NOT_AVAILABLE)
    /// The broker did not get its answer together in time.
    public static let requestTimedOut = Self(RD_KAFKA_RESP_ERR_REQUEST_TIMED_OUT)
    /// The broker was disconnected before it could answer.
    public static let networkException = Self(RD_KAFKA_RESP_ERR_NETWORK_EXCEPTION)
    /// The broker's disk failed.
    public static let storageError = Self(RD_KAFKA_RESP_ERR_KAFKA_STORAGE_ERROR)
    /// The broker has forgotten the producer.
    public static let unknownProducerID = Self(RD_KAFKA_RESP_ERR_UNKNOWN_PRODUCER_ID)
    /// A quota was exceeded.
    public static let throttlingQuotaExceeded = Self(RD_KAFKA_RESP_ERR_THROTTLING_QUOTA_EXCEEDED)
    /// Fewer replicas are in sync than `min.insync.replicas`; nothing was written.
    public static let notEnoughReplicas = Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS)
    /// Fewer replicas are in sync than `min.insync.replicas`; the record is in the leader's log.
    public static let notEnoughReplicasAfterAppend = Self(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS_AFTER_APPEND)
    /// The record is in the log already, by an earlier attempt whose answer was lost.
    public static let duplicateSequenceNumber = Self(RD_KAFKA_RESP_ERR_DUPLICATE_SEQUENCE_NUMBER)
    /// Records are missing before this one: an earlier batch was lost on the way.
    public static let outOfOrderSequenceNumber = Self(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER)
    /// A record is larger than a limit of the client, topic or broker.
    public static let recordTooLarge = Self(RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE)
    /// A record's timestamp is outside what the topic accepts.
    public static let invalidTimestamp = Self(RD_KAFKA_RESP_ERR_INVALID_TIMESTAMP)
    /// The broker refuses the record, such as one without a key on a compacted topic.
    public static let invalidRecord = Self(RD_KAFKA_RESP_ERR_INVALID_RECORD)
    /// A topic of that name exists already.
    public static let topicAlreadyExists = Self(RD_KAFKA_RESP_ERR_TOPIC_ALREADY_EXISTS)
    /// More replicas were asked for than there are brokers.
    public static let invalidReplicationFactor = Self(RD_KAFKA_RESP_ERR_INVALID_REPLICATION_FACTOR)
    /// The broker lets this principal not use the topic.
    public static let topicAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED)
    /// The broker lets this principal not use the group.
    public static let groupAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_GROUP_AUTHORIZATION_FAILED)
    /// The broker lets this principal not do that to the cluster.
    public static let clusterAuthorizationFailed = Self(RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    /// The user may not use the transactional ID.
    public static let transactionalIDAuthorizationFailed = Self(
        RD_KAFKA_RESP_ERR_TRANSACTIONAL_ID_AUTHORIZATION_FAILED
    )
    /// The broker does not implement the request.
    public static let unsupportedVersion = Self(RD_KAFKA_RESP_ERR_UNSUPPORTED_VERSION)
    /// The library or the broker lacks the feature.
    public static let unsupportedFeature = Self(RD_KAFKA_RESP_ERR__UNSUPPORTED_FEATURE)
}

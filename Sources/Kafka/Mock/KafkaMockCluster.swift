import CLibrdkafka

/// librdkafka's mock cluster: brokers that speak the real protocol on loopback sockets, inside this process.
///
/// Other clients, of this or another process, use it by `bootstrapServers`. It picks its ports itself. It is no Kafka: it
/// keeps 5 MB or 100,000 records a partition, stores no transactional offset commits, does not fence, shows aborted
/// records, looks up no times, and has no admin requests and no compaction. Topics that a client asks for by name come
/// into being by themselves, with 4 partitions.
///
/// Any thread may call it. Destroy its clients first: they would otherwise log refused connections.
public final class KafkaMockCluster: KafkaClient {
    /// The instance that the cluster hangs on; it connects to no other.
    public let handle: KafkaHandle
    /// The cluster's brokers, as `host:port` separated by commas.
    public let bootstrapServers: String
    /// How many brokers it has, numbered from 1.
    public let brokerCount: Int

    private let cluster: KafkaPointer

    /// Starts a cluster of `brokerCount` brokers, at least 1.
    public init(brokerCount: Int = 1) throws(KafkaError) {
        handle = try KafkaHandle(RD_KAFKA_PRODUCER, properties: ["client.id": "mock-cluster"], observer: .silent)
        guard let pointer = rd_kafka_mock_cluster_new(handle.pointer, Int32(brokerCount)) else {
            throw KafkaError(code: .state, message: "librdkafka could not start \(brokerCount) mock brokers")
        }
        cluster = KafkaPointer(raw: pointer)
        self.brokerCount = brokerCount
        bootstrapServers = String(cString: rd_kafka_mock_cluster_bootstraps(pointer))
    }

    deinit {
        rd_kafka_mock_cluster_destroy(cluster.raw)
    }

    /// Creates a topic; throws `topicAlreadyExists` where there is one of that name.
    public func createTopic(
        _ name: String,
        partitionCount: Int,
        replicationFactor: Int = 1
    ) throws(KafkaError) {
        try KafkaError.check(
            rd_kafka_mock_topic_create(cluster.raw, name, Int32(partitionCount), Int32(replicationFactor))
        )
    }

    /// Makes the next requests of that kind, to whichever broker, fail with these errors, one each.
    ///
    /// `transport` breaks the connection instead of answering.
    public func failNextRequests(_ request: KafkaRequestKind, with errors: [KafkaErrorCode]) {
        let responses = errors.map(\.response)
        rd_kafka_mock_push_request_errors_array(cluster.raw, request.rawValue, responses.count, responses)
    }

    /// Forgets the errors still waiting for requests of that kind.
    public func clearRequestErrors(_ request: KafkaRequestKind) {
        rd_kafka_mock_clear_request_errors(cluster.raw, request.rawValue)
    }

    /// Makes metadata, and the adding of partitions to transactions, give this error for a topic; `none` ends it.
    public func setTopicError(_ name: String, _ error: KafkaErrorCode) {
        rd_kafka_mock_topic_set_error(cluster.raw, name, error.response)
    }

    /// Moves a partition's leadership; nil leaves it without a leader.
    public func setLeader(of partition: KafkaPartition, to broker: Int32?) throws(KafkaError) {
        try KafkaError.check(
            rd_kafka_mock_partition_set_leader(cluster.raw, partition.topic, partition.partition, broker ?? -1)
        )
    }

    /// Breaks a broker's connections and refuses new ones, without moving its partitions; nil means all brokers.
    public func setDown(broker: Int32? = nil) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_broker_set_down(cluster.raw, broker ?? -1))
    }

    /// Lets a broker accept connections again; nil means all brokers.
    public func setUp(broker: Int32? = nil) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_broker_set_up(cluster.raw, broker ?? -1))
    }

    /// Delays each answer of a broker; nil means all brokers.
    public func setRoundTrip(_ time: Duration, broker: Int32? = nil) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_broker_set_rtt(cluster.raw, broker ?? -1, time.kafkaMilliseconds))
    }

    /// Moves the coordinator of a group.
    public func setCoordinator(ofGroup group: String, to broker: Int32) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_coordinator_set(cluster.raw, "group", group, broker))
    }

    /// Moves the coordinator of a transactional id.
    public func setCoordinator(ofTransactionalID id: String, to broker: Int32) throws(KafkaError) {
        try KafkaError.check(rd_kafka_mock_coordinator_set(cluster.raw, "transaction", id, broker))
    }
}

import CLibrdkafka

/// A cluster at one moment, as a broker described it.
public struct KafkaMetadata: Sendable, Equatable {
    /// A broker.
    public struct Broker: Sendable, Equatable {
        /// Its number.
        public let id: Int32
        /// The host it advertises.
        public let host: String
        /// The port it advertises.
        public let port: Int32
    }

    /// A partition of a topic.
    public struct Partition: Sendable, Equatable {
        /// Its number, from 0.
        public let id: Int32
        /// The broker that leads it; nil while none does.
        public let leader: Int32?
        /// The brokers that hold a copy.
        public let replicas: [Int32]
        /// Those of them whose copy is complete.
        public let inSyncReplicas: [Int32]
    }

    /// A topic.
    public struct Topic: Sendable, Equatable {
        /// Its name.
        public let name: String
        /// Its partitions by number.
        public let partitions: [Partition]
        /// What the broker said instead, such as `TOPIC_AUTHORIZATION_FAILED`.
        public let error: KafkaErrorCode?
    }

    /// The cluster's own identifier; nil before 0.10.1 and where unknown.
    public let clusterID: String?
    /// The broker that is the controller; nil where unknown.
    public let controllerID: Int32?
    /// Brokers that are up, by number.
    public let brokers: [Broker]
    /// Topics that this principal may see, by name.
    public let topics: [String: Topic]

    init(_ metadata: rd_kafka_metadata, clusterID: String?, controllerID: Int32) {
        self.clusterID = clusterID
        self.controllerID = controllerID < 0 ? nil : controllerID
        brokers = UnsafeBufferPointer(start: metadata.brokers, count: Int(metadata.broker_cnt))
            .map { Broker(id: $0.id, host: String(cString: $0.host), port: $0.port) }
            .sorted { $0.id < $1.id }
        let topics = UnsafeBufferPointer(start: metadata.topics, count: Int(metadata.topic_cnt)).map(Topic.init)
        self.topics = Dictionary(topics.map { ($0.name, $0) }, uniquingKeysWith: { first, _ in first })
    }
}

extension KafkaMetadata.Topic {
    fileprivate init(_ topic: rd_kafka_metadata_topic) {
        name = String(cString: topic.topic)
        error = topic.err == RD_KAFKA_RESP_ERR_NO_ERROR ? nil : KafkaErrorCode(topic.err)
        partitions = UnsafeBufferPointer(start: topic.partitions, count: Int(topic.partition_cnt))
            .map(KafkaMetadata.Partition.init)
            .sorted { $0.id < $1.id }
    }
}

extension KafkaMetadata.Partition {
    fileprivate init(_ partition: rd_kafka_metadata_partition) {
        id = partition.id
        leader = partition.leader < 0 ? nil : partition.leader
        replicas = Array(UnsafeBufferPointer(start: partition.replicas, count: Int(partition.replica_cnt)))
        inSyncReplicas = Array(UnsafeBufferPointer(start: partition.isrs, count: Int(partition.isr_cnt)))
    }
}

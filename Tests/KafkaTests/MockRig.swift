import Testing

@testable import Kafka

/// A mock cluster with clients for it, and a place for what they observed.
struct MockRig {
    let cluster: KafkaMockCluster

    init(brokers: Int = 1, topics: [String: Int] = [:]) throws {
        cluster = try KafkaMockCluster(brokerCount: brokers)
        for (name, partitions) in topics { try cluster.createTopic(name, partitionCount: partitions) }
    }

    var connection: KafkaProperties { ["bootstrap.servers": cluster.bootstrapServers] }

    /// Drops everything, and keeps the cluster for as long as its clients.
    var observer: KafkaObserver {
        KafkaObserver(
            log: { [cluster] _ in withExtendedLifetime(cluster) {} },
            error: { [cluster] _ in withExtendedLifetime(cluster) {} }
        )
    }

    func producer(_ extra: KafkaProperties = [:]) throws -> KafkaProducer {
        let base: KafkaProperties = ["enable.idempotence": "true", "linger.ms": "1"]
        return try KafkaProducer(connection.merging(base).merging(extra), observer: observer)
    }

    /// A reader that belongs to no group's membership: the mock's first rebalance takes three seconds.
    func reader(_ extra: KafkaProperties = [:]) throws -> KafkaConsumer {
        let base: KafkaProperties = [
            "group.id": "reader", "enable.auto.commit": "false", "enable.partition.eof": "true",
            "fetch.wait.max.ms": "20", "auto.offset.reset": "error",
        ]
        return try KafkaConsumer(connection.merging(base).merging(extra), observer: observer)
    }
}

/// A record as a test compares it.
struct ReadRecord: Equatable {
    var partition: Int32
    var offset: Int64
    var key: String?
    var value: String?
    var timestamp: Int64?
    var header: String?
}

/// The longest that anything in these tests waits for; nothing passes by waiting it out.
let patience: Duration = .seconds(60)

func text(_ bytes: UnsafeRawBufferPointer?) -> String? {
    bytes.map { String(decoding: $0, as: UTF8.self) }
}

extension KafkaProducer {
    /// Queues a record of strings.
    func produce(
        to topic: KafkaTopic,
        partition: Int32 = 0,
        key: String? = nil,
        value: String?,
        timestamp: Int64 = 0,
        header: String? = nil,
        opaque: UInt = 0
    ) -> KafkaProduceResult {
        withBytes(key) { key in
            withBytes(value) { value in
                withBytes(header) { header in
                    produce(
                        to: topic,
                        partition: partition,
                        key: key,
                        value: value,
                        timestampMilliseconds: timestamp,
                        header: header.map { KafkaHeader("dh", $0) },
                        opaque: opaque
                    )
                }
            }
        }
    }

    /// Flushes all, and gives the error of each record that failed.
    func flushErrors() -> [KafkaErrorCode] {
        var errors: [KafkaErrorCode] = []
        let isFlushed = flush(timeout: patience) { report in
            if let error = report.error { errors.append(error) }
        }
        #expect(isFlushed)
        return errors
    }

    private func withBytes<Result>(
        _ text: String?,
        _ body: (UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        guard let text else { return body(nil) }
        return Array(text.utf8).withUnsafeBytes { body($0) }
    }
}

extension KafkaConsumer {
    /// Reads the partitions of a topic from their beginnings to their ends.
    func readAll(topic: String, partitions: Range<Int32>) throws -> [ReadRecord] {
        let all = partitions.map { KafkaPartition(topic: topic, partition: $0) }
        try assign(all.map { KafkaPosition($0, offset: KafkaPosition.beginning) })
        var open = Set(all)
        var records: [ReadRecord] = []
        let deadline = ContinuousClock.now + patience
        while !open.isEmpty {
            try #require(ContinuousClock.now < deadline, "\(open) did not end")
            switch poll(timeout: .milliseconds(100)) {
            case .nothing: continue
            case .message(let message): records.append(ReadRecord(message))
            case .partitionEnd(let position): open.remove(position.partition)
            case .error(let error, let partition):
                Issue.record("\(error) at \(String(describing: partition))")
                return records
            }
        }
        try unassign()
        return records.sorted { ($0.partition, $0.offset) < ($1.partition, $1.offset) }
    }
}

extension ReadRecord {
    init(_ message: borrowing KafkaMessage) {
        self.init(
            partition: message.partition,
            offset: message.offset,
            key: text(message.key),
            value: text(message.value),
            timestamp: message.timestampMilliseconds,
            header: text(message.header("dh"))
        )
    }
}

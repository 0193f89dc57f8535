import Glibc
import Kafka
import KafkaTestSupport

/// A transactional producer of a real broker.
final class BrokerTransactionalProducer: TransactionalProducer {
    private unowned let owner: BrokerUnderTest
    private let id: String
    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private var isOpen = false
    private var offsets: Set<Int> = []

    init(_ owner: BrokerUnderTest, id: String, _ producer: KafkaProducer, _ topic: KafkaTopic) throws {
        self.owner = owner
        self.id = id
        self.producer = producer
        self.topic = topic
    }

    private func begin() throws {
        guard !isOpen else { return }
        try Refusal.translating { () throws(KafkaError) in try producer.beginTransaction() }
        isOpen = true
    }

    func write(_ record: WrittenRecord, to partition: Int) throws {
        try begin()
        _ = try producer.write(record, at: owner.time(record.secondsAgo), to: topic, partition)
        owner.noteWritten(record, partition)
        owner.opened(id, partition)
    }

    func sendOffset(_ offset: Int64, of partition: Int, as member: Membership) throws {
        guard case .real(let metadata) = member else { throw Refusal.other("a membership of another log") }
        try begin()
        try Refusal.translating { () throws(KafkaError) in
            try producer.sendOffsets(
                [KafkaPosition(topic: owner.topic, partition: Int32(partition), offset: offset)],
                group: metadata,
                timeout: BrokerUnderTest.patience
            )
        }
        offsets.insert(partition)
    }

    func commit() throws {
        try end { () throws(KafkaError) in try producer.commitTransaction(timeout: BrokerUnderTest.patience) { _ in } }
    }

    func abort() throws {
        try end { () throws(KafkaError) in try producer.abortTransaction(timeout: BrokerUnderTest.patience) { _ in } }
    }

    private func end(_ body: () throws(KafkaError) -> Void) throws {
        try begin()
        try Refusal.translating(body)
        isOpen = false
        owner.ended(id)
        try owner.awaitMarkers()
        try owner.awaitOffsets(offsets)
        offsets = []
    }
}

/// A static member of a real group, which reads nothing.
final class BrokerMember: GroupMember {
    /// What the rebalance handler writes, on the thread that polls.
    private final class Share {
        var partitions: [KafkaPartition] = []
    }

    let instance: String
    private let consumer: KafkaConsumer
    private let share = Share()

    init(_ broker: RealBroker, group: String, instance: String, topic: String) throws {
        self.instance = instance
        consumer = try KafkaConsumer(
            broker.properties([
                "group.id": group, "group.instance.id": instance, "enable.auto.commit": "false",
                "auto.offset.reset": "error", "partition.assignment.strategy": "range",
                "session.timeout.ms": "30000", "heartbeat.interval.ms": "200",
            ]),
            observer: .silent
        )
        try consumer.subscribe(to: [topic]) { [share, unowned consumer] change in
            switch change {
            case .assigned(let partitions):
                share.partitions = partitions
                try? consumer.assign(partitions.map { KafkaPosition($0, offset: KafkaPosition.end) })
            case .revoked, .lost:
                share.partitions = []
                try? consumer.unassign()
            }
        }
    }

    var partitions: [KafkaPartition] { share.partitions }

    func poll() { _ = consumer.poll(timeout: .milliseconds(20)) }

    func membership() throws -> Membership { .real(try consumer.groupMetadata()) }
}

extension KafkaProducer {
    /// Writes one record and waits for its report.
    ///
    /// - Returns: The offset that the report names.
    func write(_ record: WrittenRecord, at time: Int64, to topic: KafkaTopic, _ partition: Int) throws -> Int64? {
        var record = record
        let result = record.key.withUTF8 { key in
            var value = record.value ?? ""
            let isTombstone = record.value == nil
            return value.withUTF8 { value in
                produce(
                    to: topic,
                    partition: Int32(partition),
                    key: UnsafeRawBufferPointer(key),
                    value: isTombstone ? nil : UnsafeRawBufferPointer(value),
                    timestampMilliseconds: time
                )
            }
        }
        if case .rejected(let code) = result { throw Refusal(fatalError() ?? KafkaError(code: code)) }
        var offset: Int64?
        var failure: KafkaErrorCode?
        var isReported = false
        try waiting("the report of a record") {
            poll(timeout: .milliseconds(50)) { report in
                isReported = true
                offset = report.offset
                failure = report.error
            }
            return isReported || fatalError() != nil
        }
        if let error = fatalError() { throw Refusal(error) }
        if let failure { throw Refusal(KafkaError(code: failure)) }
        return offset
    }
}

extension KafkaConsumer {
    /// Reads a partition from a position to the end that this consumer may see.
    func readToEnd(_ position: KafkaPosition) throws -> [SeenRecord] {
        try assign([position])
        defer { try? unassign() }
        var records: [SeenRecord] = []
        let deadline = ContinuousClock.now + BrokerUnderTest.patience
        while ContinuousClock.now < deadline {
            switch poll(timeout: .milliseconds(100)) {
            case .nothing: continue
            case .message(let message):
                records.append(
                    SeenRecord(
                        offset: message.offset,
                        key: message.key.map { String(decoding: $0, as: UTF8.self) } ?? "",
                        value: message.value.map { String(decoding: $0, as: UTF8.self) }
                    )
                )
            case .partitionEnd: return records
            case .error(let error, .some): throw Refusal(error)
            case .error(let error, nil): if error.isFatal { throw Refusal(error) }
            }
        }
        throw Refusal.other("the end of \(position.partition) did not come")
    }
}

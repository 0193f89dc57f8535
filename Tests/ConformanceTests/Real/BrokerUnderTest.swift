import Foundation
import Kafka
import KafkaTestSupport

/// A real broker, played by a scenario: a topic and a group of its own.
final class BrokerUnderTest: LogUnderTest {
    /// The longest that anything waits for; nothing passes by waiting it out.
    static let patience: Duration = .seconds(60)

    let topic: String
    private let shape: TopicShape
    private let broker: RealBroker
    private let start = Int64(Date().timeIntervalSince1970 * 1000)
    private let group = RealBroker.uniqueName("g")
    private let admin: KafkaAdmin
    private let plain: KafkaProducer
    private let highs: KafkaWatermarkQuery
    private let readers: [Isolation: KafkaConsumer]
    private var members: [BrokerMember] = []
    private var cleaner: CleanerWitness?

    /// How far each partition's log must have come, markers included.
    private var due: [Int64]
    /// Where transactions of each ID are open.
    private var open: [String: Set<Int>] = [:]
    /// The first offset of each age, by partition.
    private var written: [[(secondsAgo: Int64, offset: Int64)]]

    init(_ broker: RealBroker, _ shape: TopicShape) throws {
        self.shape = shape
        self.broker = broker
        topic = try broker.createTopic(
            "conformance",
            partitionCount: shape.partitions,
            settings: Self.settings(shape, isCleaned: false)
        )
        admin = try KafkaAdmin(broker.properties(), observer: .silent)
        plain = try KafkaProducer(
            broker.properties(["enable.idempotence": "true", "linger.ms": "0"]),
            observer: .silent
        )
        highs = try KafkaWatermarkQuery(broker.properties(), observer: .silent)
        var readers: [Isolation: KafkaConsumer] = [:]
        for isolation in Isolation.allCases {
            readers[isolation] = try KafkaConsumer(Self.reading(broker, group, isolation), observer: .silent)
        }
        self.readers = readers
        due = Array(repeating: 0, count: shape.partitions)
        written = Array(repeating: [], count: shape.partitions)
    }

    private static func reading(_ broker: RealBroker, _ group: String, _ isolation: Isolation) -> KafkaProperties {
        broker.properties([
            "group.id": group, "enable.auto.commit": "false", "enable.partition.eof": "true",
            "auto.offset.reset": "error", "isolation.level": "read_\(isolation)", "fetch.wait.max.ms": "20",
        ])
    }

    /// So small segments that each batch has its own, so that all but the newest may be cleaned.
    ///
    /// - Parameter isCleaned: Whether the cleaner comes by itself.
    static func settings(_ shape: TopicShape, isCleaned: Bool) -> KafkaProperties {
        [
            "segment.bytes": "100", "retention.ms": "\(shape.retention.map { $0 * 1000 } ?? -1)",
            "cleanup.policy": shape.isCompacted ? "compact" : "delete",
            "min.cleanable.dirty.ratio": isCleaned ? "0" : "1",
            "min.compaction.lag.ms": "\(shape.compactionLag * 1000)",
            "delete.retention.ms": "\(shape.deleteRetention * 1000)",
        ]
    }

    // MARK: Writing

    func append(_ record: WrittenRecord, to partition: Int) throws -> Int64 {
        let handle = try plain.topic(topic, partitionCount: Int32(shape.partitions))
        let offset = try plain.write(record, at: time(record.secondsAgo), to: handle, partition)
        noteWritten(record, partition)
        return offset ?? -1
    }

    func idempotentProducer() throws -> any IdempotentProducer {
        let metadata = try admin.metadata(timeout: Self.patience)
        return try BrokerIdempotentProducer(self, metadata)
    }

    func transactionalProducer(_ id: String) throws -> any TransactionalProducer {
        let producer = try KafkaProducer(
            broker.properties([
                "transactional.id": "\(group)-\(id)", "linger.ms": "0",
                "transaction.timeout.ms": "\(shape.transactionTimeout * 1000)",
            ]),
            observer: .silent
        )
        try Refusal.translating { () throws(KafkaError) in try producer.initTransactions(timeout: Self.patience) }
        ended(id)
        try awaitMarkers()
        return try BrokerTransactionalProducer(
            self,
            id: id,
            producer,
            producer.topic(topic, partitionCount: Int32(shape.partitions))
        )
    }

    func time(_ secondsAgo: Int64) -> Int64 { start - secondsAgo * 1000 }

    // MARK: What its producers tell

    func noteWritten(_ record: WrittenRecord, _ partition: Int) {
        written[partition].append((record.secondsAgo, due[partition]))
        due[partition] += 1
    }

    func opened(_ id: String, _ partition: Int) { open[id, default: []].insert(partition) }

    /// A transaction is decided: each of its partitions gets a marker.
    func ended(_ id: String) {
        for partition in open.removeValue(forKey: id) ?? [] { due[partition] += 1 }
    }

    /// Waits for what was decided: a commit returns before its markers are written.
    func awaitMarkers() throws {
        try waiting("the markers in \(topic)") {
            try (0..<shape.partitions).allSatisfy { try high($0) >= due[$0] }
        }
    }

    /// Waits until the group's offsets are not pending any more.
    func awaitOffsets(_ partitions: Set<Int>) throws {
        for partition in partitions { _ = try stable(partition, within: Self.patience) }
    }

    // MARK: The group

    func join(_ instance: String) throws -> any GroupMember {
        members.removeAll { $0.instance == instance }
        let member = try BrokerMember(broker, group: group, instance: instance, topic: topic)
        members.append(member)
        try waiting("the group to deal out its partitions") {
            for member in members { member.poll() }
            return members.allSatisfy { !$0.partitions.isEmpty }
                && members.reduce(0) { $0 + $1.partitions.count } == shape.partitions
        }
        return member
    }

    func committed(_ partition: Int, isStable: Bool) throws -> Int64? {
        if isStable { return try stable(partition, within: .seconds(2)) }
        return try offset(try reader(.uncommitted).committed([place(partition)], timeout: Self.patience), partition)
    }

    private func stable(_ partition: Int, within limit: Duration) throws -> Int64? {
        let reader = try reader(.committed)
        do throws(KafkaError) {
            return try offset(try reader.committed([place(partition)], timeout: limit), partition)
        } catch  where error.code == .timedOut {
            throw Refusal.pending
        } catch {
            throw Refusal(error)
        }
    }

    private func offset(
        _ answer: [KafkaPartition: KafkaCommittedOffset],
        _ partition: Int
    ) throws(KafkaError) -> Int64? {
        switch answer[place(partition)] {
        case .offset(let offset): return offset
        case .absent: return nil
        case .unknown(let code): throw KafkaError(code: code)
        case nil: throw KafkaError(code: .timedOut)
        }
    }

    // MARK: Reading

    func read(_ partition: Int, _ isolation: Isolation, from offset: Int64) throws -> [SeenRecord] {
        // A new one: an answer to what an older one had last asked for must not be taken for an answer to this.
        let reader = try KafkaConsumer(Self.reading(broker, group, isolation), observer: .silent)
        return try reader.readToEnd(KafkaPosition(place(partition), offset: offset))
    }

    func ends(of partition: Int) throws -> LogEnds {
        let all = try highs.watermarks(of: [place(partition)], timeout: Self.patience)[place(partition)]
        let stable = try reader(.committed).watermarks(of: [place(partition)], timeout: Self.patience)[place(partition)]
        return LogEnds(low: all?.low ?? -1, stable: stable?.high ?? -1, high: all?.high ?? -1)
    }

    func offset(secondsAgo: Int64, _ partition: Int, _ isolation: Isolation) throws -> Int64? {
        let found = try reader(isolation).offsets(
            at: [(place(partition), time(secondsAgo))],
            timeout: Self.patience
        )
        return found.first.flatMap { $0.offset == KafkaPosition.end ? nil : $0.offset }
    }

    private func high(_ partition: Int) throws -> Int64 {
        try highs.watermarks(of: [place(partition)], timeout: Self.patience)[place(partition)]?.high ?? -1
    }

    private func reader(_ isolation: Isolation) throws -> KafkaConsumer {
        guard let reader = readers[isolation] else { throw Refusal.other("no reader of \(isolation)") }
        return reader
    }

    private func place(_ partition: Int) -> KafkaPartition { KafkaPartition(topic: topic, partition: Int32(partition)) }

    // MARK: Chores

    func deleteRecords(before offset: Int64, of partition: Int) throws {
        try Refusal.translating { () throws(KafkaError) in
            try admin.deleteRecords(before: [KafkaPosition(place(partition), offset: offset)], timeout: Self.patience)
        }
    }

    func clean(_ partition: Int) throws {
        let witness = try cleaner ?? CleanerWitness(broker)
        cleaner = witness
        try setCleaned(true)
        for _ in 0..<2 { try witness.awaitRound() }
        try setCleaned(false)
        try witness.awaitRound()
    }

    private func setCleaned(_ isCleaned: Bool) throws {
        try admin.replaceSettings(
            of: .topic(topic),
            with: Self.settings(shape, isCleaned: isCleaned),
            timeout: Self.patience
        )
    }

    func expireRecords(_ partition: Int) throws {
        guard let retention = shape.retention else { return }
        let first = written[partition].first { $0.secondsAgo < retention }?.offset ?? due[partition]
        try waiting("retention to reach \(first)") { try ends(of: partition).low >= first }
    }

    func timeOutTransactions() throws {
        for id in open.keys { ended(id) }
        try awaitMarkers()
    }
}

/// Asks again and again until it is so.
func waiting(_ what: String, until isSo: () throws -> Bool) throws {
    let deadline = ContinuousClock.now + BrokerUnderTest.patience
    while try !isSo() {
        guard ContinuousClock.now < deadline else { throw Refusal.other("waited in vain for \(what)") }
        usleep(10_000)
    }
}

extension Refusal {
    init(_ error: KafkaError) {
        switch error.code {
        case .fenced, .producerFenced, .invalidProducerEpoch: self = .fenced
        case .illegalGeneration, .unknownMemberID, .fencedInstanceID: self = .staleMember
        case .offsetOutOfRange, .autoOffsetReset: self = .offsetOutOfRange
        case .outOfOrderSequenceNumber: self = .outOfSequence
        default: self = .other(error.description)
        }
    }

    /// Runs a call of the wrapper, and tells its error as a refusal.
    static func translating<Value>(_ body: () throws(KafkaError) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw Refusal(error)
        }
    }
}

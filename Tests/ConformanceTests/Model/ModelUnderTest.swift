import ModelLog

/// The model log, played by a scenario.
final class ModelUnderTest: LogUnderTest {
    static let topic = "topic"
    /// Where the scenario began, in milliseconds.
    static let start: Int64 = 1_700_000_000_000

    private let shape: TopicShape
    private(set) var log: ModelLog
    private(set) var now = 0
    private var generator = SystemRandomNumberGenerator()
    private var members: [Int] = []
    private var nextIdempotent = 0

    init(_ shape: TopicShape) {
        self.shape = shape
        log = ModelLog(
            topics: [Self.topic],
            partitionCount: shape.partitions,
            transactionTimeout: Int(shape.transactionTimeout) * 1000,
            sessionTimeout: .max
        )
    }

    func append(_ record: WrittenRecord, to partition: Int) throws -> Int64 {
        log.append(ModelRecord(record), to: Self.topic, partition)
    }

    func idempotentProducer() throws -> any IdempotentProducer {
        nextIdempotent += 1
        return IdempotentModelProducer(self, number: nextIdempotent)
    }

    func transactionalProducer(_ id: String) throws -> any TransactionalProducer {
        while true {
            do throws(ModelError) {
                return TransactionalModelProducer(self, try log.register(id))
            } catch .pending {
                complete()
            } catch {
                throw Refusal(error)
            }
        }
    }

    func join(_ instance: String) throws -> any GroupMember {
        let member = log.group.join(instance, now: now)
        members.append(member)
        for other in members where log.group.heartbeat(other, now: now) == .rebalance {
            log.group.rejoin(other, now: now)
        }
        return ModelMember(self, member)
    }

    func read(_ partition: Int, _ isolation: Isolation, from offset: Int64) throws -> [SeenRecord] {
        let level: ModelIsolation = isolation == .committed ? .committed : .uncommitted
        var seen: [SeenRecord] = []
        var position = offset
        while true {
            // Small bites, so that a position between records is tried too.
            let batch = try refusing { () throws(ModelError) in
                try log[Self.topic, partition].fetch(from: position, level, limit: 2)
            }
            seen += batch.records.map { SeenRecord(offset: $0.offset, record: $0.record) }
            if batch.position == position { return seen }
            position = batch.position
        }
    }

    func ends(of partition: Int) throws -> LogEnds {
        let partition = log[Self.topic, partition]
        return LogEnds(low: partition.start, stable: partition.lastStable, high: partition.end)
    }

    func offset(secondsAgo: Int64, _ partition: Int, _ isolation: Isolation) throws -> Int64? {
        log[Self.topic, partition].offset(
            notBefore: Self.start - secondsAgo * 1000,
            isolation == .committed ? .committed : .uncommitted
        )
    }

    func committed(_ partition: Int, isStable: Bool) throws -> Int64? {
        guard isStable else { return log.committedNow(partition) }
        return try refusing { () throws(ModelError) in try log.committedStable(partition) }
    }

    func deleteRecords(before offset: Int64, of partition: Int) throws {
        log[Self.topic, partition].retain(from: offset)
    }

    func clean(_ partition: Int) throws {
        now += 1
        let newest = log[Self.topic, partition].end - 1
        let young = shape.compactionLag > 0 ? firstYoungerThan(shape.compactionLag, in: partition) : newest
        log[Self.topic, partition].compact(
            before: min(newest, young),
            now: now,
            deleteRetention: Int(shape.deleteRetention) * 1000
        )
    }

    func expireRecords(_ partition: Int) throws {
        guard let retention = shape.retention else { return }
        log[Self.topic, partition].retain(from: firstYoungerThan(retention, in: partition))
    }

    func timeOutTransactions() throws {
        now += Int(shape.transactionTimeout) * 1000 + 1
        log.expireTransactions(now: now)
        complete()
    }

    private func firstYoungerThan(_ seconds: Int64, in partition: Int) -> Int64 {
        log[Self.topic, partition].offset(notBefore: Self.start - seconds * 1000, .uncommitted)
            ?? log[Self.topic, partition].end
    }

    // MARK: For its producers and members

    func produce(_ record: WrittenRecord, to partition: Int, by producer: ModelLog.Producer) throws {
        try refusing { () throws(ModelError) in
            try log.produce(ModelRecord(record), to: Self.topic, partition, by: producer, now: now)
        }
    }

    func sendOffset(_ offset: Int64, of partition: Int, as member: Membership, by producer: ModelLog.Producer) throws {
        guard case .model(let membership) = member else { throw Refusal.other("a membership of another log") }
        try refusing { () throws(ModelError) in
            try log.sendOffsets([partition: offset], membership, by: producer, now: now)
        }
    }

    func end(_ producer: ModelLog.Producer, isCommit: Bool) throws {
        try refusing { () throws(ModelError) in try log.end(producer, isCommit: isCommit) }
        complete()
    }

    func send(_ record: WrittenRecord, producer: Int, number: Int, to partition: Int) throws -> Int64? {
        try refusing { () throws(ModelError) in
            try log.append([ModelRecord(record)], to: Self.topic, partition, producer: producer, sequence: number)
        }.first
    }

    private func complete() {
        while log.hasDecided { log.complete(using: &generator) }
    }

    private func refusing<Value>(_ body: () throws(ModelError) -> Value) throws -> Value {
        do {
            return try body()
        } catch {
            throw Refusal(error)
        }
    }
}

extension Refusal {
    init(_ error: ModelError) {
        switch error {
        case .fenced: self = .fenced
        case .illegalGeneration: self = .staleMember
        case .pending: self = .pending
        case .offsetOutOfRange: self = .offsetOutOfRange
        case .outOfSequence: self = .outOfSequence
        }
    }
}

extension ModelRecord {
    init(_ record: WrittenRecord) {
        self.init(
            key: Array(record.key.utf8),
            value: record.value.map { Array($0.utf8) },
            timestamp: ModelUnderTest.start - record.secondsAgo * 1000
        )
    }
}

extension SeenRecord {
    init(offset: Int64, record: ModelRecord) {
        self.init(
            offset: offset,
            key: record.key.map { String(decoding: $0, as: UTF8.self) } ?? "",
            value: record.value.map { String(decoding: $0, as: UTF8.self) }
        )
    }
}

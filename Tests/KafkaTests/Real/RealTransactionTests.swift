import KafkaTestSupport
import Testing

@testable import Kafka

@Suite(
    "Transactions, on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .ownThread
)
struct RealTransactionTests {
    private func producer(_ broker: RealBroker, id: String, _ extra: KafkaProperties = [:]) throws -> KafkaProducer {
        let own: KafkaProperties = [
            "transactional.id": id, "transaction.timeout.ms": "10000", "linger.ms": "1",
        ]
        return try KafkaProducer(broker.properties(own).merging(extra), observer: .silent)
    }

    private func reader(_ broker: RealBroker, isolation: String, group: String = "reader") throws -> KafkaConsumer {
        try KafkaConsumer(
            broker.properties([
                "group.id": group, "enable.auto.commit": "false", "enable.partition.eof": "true",
                "auto.offset.reset": "error", "isolation.level": isolation, "fetch.wait.max.ms": "20",
            ]),
            observer: .silent
        )
    }

    /// Waits until no transaction holds partition 0 back: a commit returns before its markers are written.
    private func awaitStable(_ broker: RealBroker, topic: String) throws {
        let partition = KafkaPartition(topic: topic, partition: 0)
        let query = try KafkaWatermarkQuery(broker.properties(), observer: .silent)
        let stable = try reader(broker, isolation: "read_committed")
        let deadline = ContinuousClock.now + patience
        while try stable.watermarks(of: [partition], timeout: patience)
            != query.watermarks(of: [partition], timeout: patience)
        {
            try #require(ContinuousClock.now < deadline, "the last stable offset stays behind")
        }
    }

    @Test("read_committed readers see what was committed, and never what was aborted")
    func isolation() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic()
        let producer = try producer(broker, id: RealBroker.uniqueName("t"))
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic(name, timeout: patience)
        for (value, isCommitted) in [("a", true), ("b", false), ("c", true)] {
            try producer.beginTransaction()
            #expect(producer.produce(to: topic, value: value) == .queued)
            // Into the log before the transaction ends, so that there is something to hide.
            #expect(producer.flushErrors() == [])
            if isCommitted {
                try producer.commitTransaction(timeout: patience) { _ in }
            } else {
                try producer.abortTransaction(timeout: patience) { _ in }
            }
        }
        try awaitStable(broker, topic: name)
        let committed = try reader(broker, isolation: "read_committed").readAll(topic: name, partitions: 0..<1)
        #expect(committed.map(\.value) == ["a", "c"])
        let all = try reader(broker, isolation: "read_uncommitted").readAll(topic: name, partitions: 0..<1)
        #expect(all.map(\.value) == ["a", "b", "c"])
        // A marker stands behind each: the offsets have holes.
        #expect(all.map(\.offset) == [0, 2, 4])
    }

    @Test("offsets become visible with the commit, and not with an abort")
    func offsets() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic()
        let group = RealBroker.uniqueName("g")
        let partition = KafkaPartition(topic: name, partition: 0)
        let producer = try producer(broker, id: RealBroker.uniqueName("t"))
        try producer.initTransactions(timeout: patience)
        let consumer = try reader(broker, isolation: "read_committed", group: group)
        let steps: [(offset: Int64, isCommitted: Bool, visible: KafkaCommittedOffset)] = [
            (5, true, .offset(5)), (9, false, .offset(5)), (7, true, .offset(7)),
        ]
        for step in steps {
            try producer.beginTransaction()
            try producer.sendOffsets(
                [KafkaPosition(partition, offset: step.offset)],
                group: try consumer.groupMetadata(),
                timeout: patience
            )
            if step.isCommitted {
                try producer.commitTransaction(timeout: patience) { _ in }
            } else {
                try producer.abortTransaction(timeout: patience) { _ in }
            }
            #expect(try consumer.committed([partition], timeout: patience) == [partition: step.visible])
        }
        let admin = try KafkaAdmin(broker.properties(), observer: .silent)
        let seen = try admin.committedOffsets(ofGroup: group, [partition], requireStable: true, timeout: patience)
        #expect(seen == [partition: .offset(7)])
    }

    @Test("while a transaction with offsets is open, only a read_committed handle says that it does not know")
    func stableOffsets() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic()
        let group = RealBroker.uniqueName("g")
        let partition = KafkaPartition(topic: name, partition: 0)
        let producer = try producer(broker, id: RealBroker.uniqueName("t"))
        try producer.initTransactions(timeout: patience)
        let stable = try reader(broker, isolation: "read_committed", group: group)
        let loose = try reader(broker, isolation: "read_uncommitted", group: group)
        try loose.commit([KafkaPosition(partition, offset: 3)], timeout: patience)
        try producer.beginTransaction()
        try producer.sendOffsets(
            [KafkaPosition(partition, offset: 8)],
            group: try loose.groupMetadata(),
            timeout: patience
        )
        let error = #expect(throws: KafkaError.self) {
            try stable.committed([partition], timeout: .milliseconds(700))
        }
        #expect(error?.code == .timedOut)
        #expect(error?.isRetriable == true)
        #expect(try loose.committed([partition], timeout: patience) == [partition: .offset(3)])
        try producer.commitTransaction(timeout: patience) { _ in }
        #expect(try stable.committed([partition], timeout: patience) == [partition: .offset(8)])
    }

    @Test("a newer producer of the same transactional id fences the older, whose transaction is aborted")
    func fencing() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic()
        let id = RealBroker.uniqueName("t")
        let older = try producer(broker, id: id)
        try older.initTransactions(timeout: patience)
        let topic = try older.topic(name, timeout: patience)
        try older.beginTransaction()
        #expect(older.produce(to: topic, value: "old") == .queued)
        #expect(older.flushErrors() == [])

        let newer = try producer(broker, id: id)
        try newer.initTransactions(timeout: patience)
        try newer.beginTransaction()
        #expect(newer.produce(to: try newer.topic(name, timeout: patience), value: "new") == .queued)
        try newer.commitTransaction(timeout: patience) { _ in }

        let error = #expect(throws: KafkaError.self) { try older.commitTransaction(timeout: patience) { _ in } }
        #expect(error?.isFatal == true)
        #expect(error?.code == .fenced)
        try awaitStable(broker, topic: name)
        let read = try reader(broker, isolation: "read_committed").readAll(topic: name, partitions: 0..<1)
        #expect(read.map(\.value) == ["new"])
    }

    @Test("the high watermark passes an open transaction, the last stable offset does not")
    func watermarks() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic()
        let partition = KafkaPartition(topic: name, partition: 0)
        let producer = try producer(broker, id: RealBroker.uniqueName("t"))
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic(name, timeout: patience)
        try producer.beginTransaction()
        for _ in 0..<4 { #expect(producer.produce(to: topic, value: "x") == .queued) }
        #expect(producer.flushErrors() == [])
        let query = try KafkaWatermarkQuery(broker.properties(), observer: .silent)
        #expect(try query.watermarks(of: [partition], timeout: patience)[partition]?.high == 4)
        let stable = try reader(broker, isolation: "read_committed")
        #expect(try stable.watermarks(of: [partition], timeout: patience)[partition]?.high == 0)
        #expect(try producer.watermarks(of: [partition], timeout: patience)[partition]?.high == 0)
        try producer.commitTransaction(timeout: patience) { _ in }
        // The commit's marker takes an offset too.
        try awaitStable(broker, topic: name)
        #expect(try stable.watermarks(of: [partition], timeout: patience)[partition]?.high == 5)
    }

    @Test("membership taken before a rebalance cannot commit after it, and the transaction can be aborted")
    func staleMembership() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic(partitionCount: 2)
        let group = RealBroker.uniqueName("g")
        let first = try reader(broker, isolation: "read_uncommitted", group: group)
        var partitions: [KafkaPartition] = []
        try first.subscribe(to: [name]) { change in
            if case .assigned(let assigned) = change { partitions = assigned } else { partitions = [] }
        }
        // Topics without records and without committed offsets: no offset to start from is an error event here.
        try poll([first]) { partitions.count == 2 }
        let stale = try first.groupMetadata()

        let second = try reader(broker, isolation: "read_uncommitted", group: group)
        var others: [KafkaPartition] = []
        try second.subscribe(to: [name]) { change in
            if case .assigned(let assigned) = change { others = assigned } else { others = [] }
        }
        try poll([first, second]) { partitions.count == 1 && others.count == 1 }

        let producer = try producer(broker, id: RealBroker.uniqueName("t"))
        try producer.initTransactions(timeout: patience)
        try producer.beginTransaction()
        let position = KafkaPosition(topic: name, partition: 0, offset: 1)
        let error = #expect(throws: KafkaError.self) {
            try producer.sendOffsets([position], group: stale, timeout: patience)
        }
        #expect(error?.code == .illegalGeneration || error?.code == .unknownMemberID)
        #expect(error?.requiresAbort == true)
        try producer.abortTransaction(timeout: patience) { _ in }
        try first.close()
        try second.close()
    }

    private func poll(_ consumers: [KafkaConsumer], until condition: () -> Bool) throws {
        let deadline = ContinuousClock.now + patience
        while !condition() {
            try #require(ContinuousClock.now < deadline, "the group did not settle")
            for consumer in consumers { _ = consumer.poll(timeout: .milliseconds(20)) }
        }
    }
}

import KafkaTestSupport
import Testing

@testable import Kafka

@Suite("Transactions, as far as the mock cluster knows them", .ownThread)
struct KafkaTransactionTests {
    @Test("records and offsets are committed, and reports come during the commit")
    func commit() throws {
        let rig = try MockRig(topics: ["in": 1, "out": 1])
        let consumer = try rig.reader()
        let producer = try rig.producer(["transactional.id": "t1"])
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic("out", timeout: patience)
        for round in 0..<3 {
            try producer.beginTransaction()
            let group = try consumer.groupMetadata()
            for index in 0..<10 { #expect(producer.produce(to: topic, value: "\(round) \(index)") == .queued) }
            let position = KafkaPosition(topic: "in", partition: 0, offset: Int64(round + 1))
            try producer.sendOffsets([position], group: group, timeout: patience)
            var reported = 0
            try producer.commitTransaction(timeout: patience) { report in
                #expect(report.error == nil)
                reported += 1
            }
            #expect(reported == 10)
        }
        let read = try rig.reader().readAll(topic: "out", partitions: 0..<1).map(\.value)
        #expect(read == (0..<3).flatMap { round in (0..<10).map { "\(round) \($0)" } })
    }

    @Test("an abort reports what was given up, and another transaction can begin")
    func abort() throws {
        let rig = try MockRig(topics: ["out": 1])
        let producer = try rig.producer(["transactional.id": "t1", "linger.ms": "5000"])
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic("out", timeout: patience)
        try producer.beginTransaction()
        for _ in 0..<10 { #expect(producer.produce(to: topic, value: "x") == .queued) }
        var reported = 0
        try producer.abortTransaction(timeout: patience) { report in
            #expect(report.error != nil)
            reported += 1
        }
        #expect(reported == 10)
        try producer.beginTransaction()
        #expect(producer.produce(to: topic, value: "y") == .queued)
        try producer.commitTransaction(timeout: patience) { _ in }
        #expect(try rig.reader().readAll(topic: "out", partitions: 0..<1).map(\.value) == ["y"])
    }

    @Test("a failed request inside the transaction demands an abort, after which the next one works")
    func abortable() throws {
        let rig = try MockRig(topics: ["out": 1])
        let producer = try rig.producer(["transactional.id": "t1"])
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic("out", timeout: patience)
        try producer.beginTransaction()
        rig.cluster.failNextRequests(.addPartitionsToTransaction, with: [.topicAuthorizationFailed])
        #expect(producer.produce(to: topic, value: "x") == .queued)
        let error = #expect(throws: KafkaError.self) { try producer.commitTransaction(timeout: patience) { _ in } }
        #expect(error?.requiresAbort == true)
        #expect(error?.isFatal == false)
        try producer.abortTransaction(timeout: patience) { _ in }
        try producer.beginTransaction()
        #expect(producer.produce(to: topic, value: "y") == .queued)
        try producer.commitTransaction(timeout: patience) { _ in }
    }

    @Test("a fenced producer is told so, for good")
    func fenced() throws {
        let rig = try MockRig(topics: ["out": 1])
        let producer = try rig.producer(["transactional.id": "t1"])
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic("out", timeout: patience)
        try producer.beginTransaction()
        #expect(producer.produce(to: topic, value: "x") == .queued)
        rig.cluster.failNextRequests(.endTransaction, with: [.producerFenced])
        let error = #expect(throws: KafkaError.self) { try producer.commitTransaction(timeout: patience) { _ in } }
        #expect(error?.isFatal == true)
        #expect(error?.code == .fenced)
        #expect(producer.fatalError()?.code == .fenced)
        let later = #expect(throws: KafkaError.self) { try producer.beginTransaction() }
        #expect(later?.isFatal == true)
    }

    @Test("producing outside a transaction is refused, beginning twice is a misuse")
    func misuse() throws {
        let rig = try MockRig(topics: ["out": 1])
        let producer = try rig.producer(["transactional.id": "t1"])
        try producer.initTransactions(timeout: patience)
        let topic = try producer.topic("out", timeout: patience)
        #expect(producer.produce(to: topic, value: "x", header: "h") == .rejected(.state))
        try producer.beginTransaction()
        let error = #expect(throws: KafkaError.self) { try producer.beginTransaction() }
        #expect(error?.code == .state)
        try producer.abortTransaction(timeout: patience) { _ in }
    }
}

import KafkaTestSupport
import Testing

@testable import Kafka

@Suite("A producer, on the mock cluster", .ownThread)
struct KafkaProducerTests {
    @Test("keys, values, headers, timestamps and partitions arrive as they were given")
    func roundTrip() throws {
        let rig = try MockRig(topics: ["t": 3])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        #expect(topic.partitionCount == 3)
        let sent = [
            ReadRecord(partition: 0, offset: 0, key: "1", value: "one", timestamp: 1_000, header: "c=a p=1"),
            ReadRecord(partition: 0, offset: 1, key: "2", value: nil, timestamp: 2_000, header: "c=b"),
            ReadRecord(partition: 1, offset: 0, key: nil, value: "", timestamp: 3_000, header: ""),
            ReadRecord(partition: 2, offset: 0, key: "", value: "\0\u{1F600}", timestamp: 4_000, header: nil),
        ]
        for record in sent {
            let result = producer.produce(
                to: topic,
                partition: record.partition,
                key: record.key,
                value: record.value,
                timestamp: try #require(record.timestamp),
                header: record.header
            )
            #expect(result == .queued)
        }
        #expect(producer.flushErrors() == [])
        #expect(try rig.reader().readAll(topic: "t", partitions: 0..<3) == sent)
    }

    @Test("each record is reported once, with its number, offset and bytes to send again")
    func reports() throws {
        let rig = try MockRig(topics: ["t": 2])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        for index in 0..<100 {
            let result = producer.produce(
                to: topic,
                partition: Int32(index % 2),
                key: "k\(index)",
                value: "v\(index)",
                header: "h\(index)",
                opaque: UInt(index)
            )
            #expect(result == .queued)
        }
        var seen: [UInt: Int64] = [:]
        var handled = 0
        let deadline = ContinuousClock.now + patience
        while seen.count < 100, ContinuousClock.now < deadline {
            handled += producer.poll(timeout: .milliseconds(50)) { report in
                let index = report.opaque
                #expect(seen.updateValue(report.offset ?? -1, forKey: index) == nil)
                #expect(report.error == nil)
                #expect(report.persistence == .persisted)
                #expect(report.topic == "t")
                #expect(report.partition == Int32(index % 2))
                #expect(text(report.key) == "k\(index)")
                #expect(text(report.value) == "v\(index)")
                #expect(text(report.header("dh")) == "h\(index)")
                #expect(report.header("other") == nil)
            }
        }
        #expect(handled == 100)
        #expect(seen == Dictionary(uniqueKeysWithValues: (0..<100).map { (UInt($0), Int64($0 / 2)) }))
        #expect(producer.outQueueLength == 0)
    }

    @Test("a partition that does not exist is refused, with a header too, and nothing is reported")
    func unknownPartition() throws {
        let rig = try MockRig(topics: ["t": 2])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        for partition: Int32 in [2, -1, .max, .min] {
            let result = producer.produce(to: topic, partition: partition, value: "x", header: "h")
            #expect(result == .rejected(.unknownPartition))
        }
        #expect(producer.outQueueLength == 0)
    }

    @Test("a count that is too high is caught by librdkafka, whose headers are freed once")
    func staleCount() throws {
        let rig = try MockRig(topics: ["t": 2])
        let producer = try rig.producer()
        // Metadata must be there, or the record would wait for it.
        let known = try producer.topic("t", timeout: patience)
        #expect(producer.produce(to: known, value: "x") == .queued)
        #expect(producer.flushErrors() == [])
        let topic = try producer.topic("t", partitionCount: 9)
        for _ in 0..<100 {
            #expect(producer.produce(to: topic, partition: 5, value: "x", header: "h") == .rejected(.unknownPartition))
        }
    }

    @Test("a full buffer says so, takes records again after reports, and loses none")
    func queueFull() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer(["queue.buffering.max.messages": "10", "linger.ms": "500"])
        let topic = try producer.topic("t", timeout: patience)
        var reported = 0
        var full = 0
        for index in 0..<35 {
            while true {
                let result = producer.produce(to: topic, value: "\(index)", header: "h")
                if result == .queued { break }
                try #require(result == .queueFull)
                full += 1
                producer.poll(timeout: .milliseconds(50)) { _ in reported += 1 }
            }
        }
        _ = producer.flush(timeout: patience) { _ in reported += 1 }
        #expect(reported == 35)
        #expect(full > 0)
        #expect(try rig.reader().readAll(topic: "t", partitions: 0..<1).map(\.value) == (0..<35).map { "\($0)" })
    }

    @Test("a record above message.max.bytes is refused at once")
    func tooLarge() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer(["message.max.bytes": "2000"])
        let topic = try producer.topic("t", timeout: patience)
        let result = producer.produce(to: topic, value: String(repeating: "x", count: 3_000), header: "h")
        #expect(result == .rejected(.recordTooLarge))
    }

    @Test("retriable broker errors are retried in order, without a duplicate")
    func retriable() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer(["retry.backoff.ms": "1"])
        let topic = try producer.topic("t", timeout: patience)
        rig.cluster.failNextRequests(.produce, with: [.notLeader, .notEnoughReplicas, .leaderNotAvailable])
        for index in 0..<50 { #expect(producer.produce(to: topic, value: "\(index)") == .queued) }
        #expect(producer.flushErrors() == [])
        #expect(try rig.reader().readAll(topic: "t", partitions: 0..<1).map(\.value) == (0..<50).map { "\($0)" })
    }

    @Test("a permanent broker error is reported for each record of the batch, with the code and not as persisted")
    func permanent() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer(["linger.ms": "50"])
        let topic = try producer.topic("t", timeout: patience)
        rig.cluster.failNextRequests(.produce, with: [.invalidTimestamp])
        for index in 0..<3 {
            let result = producer.produce(to: topic, value: "v\(index)", opaque: UInt(index))
            #expect(result == .queued)
        }
        var failed: [UInt] = []
        _ = producer.flush(timeout: patience) { report in
            guard let error = report.error else { return }
            #expect(error == .invalidTimestamp)
            #expect(error.name == "INVALID_TIMESTAMP")
            #expect(report.offset == nil)
            #expect(report.persistence == .notPersisted)
            #expect(text(report.value) == "v\(report.opaque)")
            failed.append(report.opaque)
        }
        #expect(failed == [0, 1, 2])
    }

    @Test("while brokers are away nothing is lost, and all arrives when they are back")
    func brokersAway() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer(["reconnect.backoff.max.ms": "100"])
        let topic = try producer.topic("t", timeout: patience)
        try rig.cluster.setDown()
        for index in 0..<20 { #expect(producer.produce(to: topic, value: "\(index)") == .queued) }
        let isFlushed = producer.flush(timeout: .milliseconds(200)) { _ in Issue.record("reported without a broker") }
        #expect(!isFlushed)
        #expect(producer.outQueueLength == 20)
        try rig.cluster.setUp()
        #expect(producer.flushErrors() == [])
        #expect(try rig.reader().readAll(topic: "t", partitions: 0..<1).map(\.value) == (0..<20).map { "\($0)" })
    }

    @Test("a purge reports every record as purged")
    func purge() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        try rig.cluster.setDown()
        for _ in 0..<20 { #expect(producer.produce(to: topic, value: "x", timestamp: 77) == .queued) }
        try producer.purge()
        var errors: [KafkaErrorCode] = []
        _ = producer.flush(timeout: patience) { report in
            // Only here: the mock claims a LogAppendTime of 1234 for every record that it has answered for.
            #expect(report.timestampMilliseconds == 77)
            if let error = report.error { errors.append(error) }
        }
        #expect(errors.count == 20)
        #expect(Set(errors).isSubset(of: [.purgedFromQueue, .purgedInFlight]))
    }

    @Test("a retry that was in the log already counts as written, at an offset that nobody knows")
    func duplicateSequenceNumber() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        rig.cluster.failNextRequests(.produce, with: [.duplicateSequenceNumber])
        #expect(producer.produce(to: topic, value: "x", opaque: 3) == .queued)
        var reports = 0
        _ = producer.flush(timeout: patience) { report in
            #expect(report.opaque == 3)
            #expect(report.error == nil)
            #expect(report.persistence == .persisted)
            #expect(report.offset == nil)
            reports += 1
        }
        #expect(reports == 1)
    }

    @Test("after a fatal error nothing is taken any more, and what was queued is reported with all its bytes")
    func fatal() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        try rig.cluster.setDown()
        for index in 0..<5 { #expect(producer.produce(to: topic, value: "\(index)", timestamp: 77) == .queued) }
        try producer.injectFatalError(.outOfOrderSequenceNumber, reason: "a test")
        #expect(producer.produce(to: topic, value: "x", header: "h") == .rejected(.fatal))
        #expect(producer.fatalError()?.code == .outOfOrderSequenceNumber)
        #expect(producer.fatalError()?.isFatal == true)
        var values: [String?] = []
        try producer.purge()
        _ = producer.flush(timeout: patience) { report in
            #expect(report.error != nil)
            #expect(report.timestampMilliseconds == 77)
            values.append(text(report.value))
        }
        // In no order: what waits to be batched and what a broker thread already holds are purged one after the other.
        #expect(values.compactMap(\.self).sorted() == ["0", "1", "2", "3", "4"])
    }

    @Test("a producer that is dropped with records on their way goes without a word")
    func dropped() throws {
        let rig = try MockRig(topics: ["t": 1])
        do {
            let producer = try rig.producer()
            let topic = try producer.topic("t", timeout: patience)
            try rig.cluster.setDown()
            for _ in 0..<100 { #expect(producer.produce(to: topic, value: "x", header: "h") == .queued) }
        }
        try rig.cluster.setUp()
        #expect(try rig.reader().readAll(topic: "t", partitions: 0..<1).isEmpty)
    }

    @Test("a topic that does not exist is named, and not created")
    func missingTopic() throws {
        let rig = try MockRig(topics: ["t": 1])
        let producer = try rig.producer()
        let error = #expect(throws: KafkaError.self) { try producer.topic("absent", timeout: patience) }
        #expect(error?.code == .unknownTopicOrPartition)
        #expect(error?.message == "topic absent does not exist")
        #expect(try producer.metadata(timeout: patience).topics.keys.sorted() == ["t"])
    }
}

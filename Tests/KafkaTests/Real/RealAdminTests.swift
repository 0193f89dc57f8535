import KafkaTestSupport
import Testing

@testable import Kafka

@Suite(
    "Admin requests and look-ups, on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .ownThread
)
struct RealAdminTests {
    private func admin(_ broker: RealBroker) throws -> KafkaAdmin {
        try KafkaAdmin(broker.properties(), observer: .silent)
    }

    private func producer(_ broker: RealBroker) throws -> KafkaProducer {
        try KafkaProducer(
            broker.properties(["enable.idempotence": "true", "linger.ms": "1"]),
            observer: .silent
        )
    }

    /// A KRaft broker learns what the controller did a moment later.
    private func eventually(_ condition: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + patience
        while try !condition() { try #require(ContinuousClock.now < deadline, "it did not come about") }
    }

    @Test("a topic is created with its settings, described, and deleted")
    func topicLife() throws {
        let broker = try RealBroker.shared()
        let admin = try admin(broker)
        let name = RealBroker.uniqueName("admin")
        let topic = KafkaNewTopic(
            name: name,
            partitionCount: 3,
            replicationFactor: 1,
            settings: ["retention.ms": "1234567", "cleanup.policy": "compact,delete"]
        )
        #expect(try admin.createTopics([topic], validateOnly: true, timeout: patience).isEmpty)
        #expect(try admin.metadata(timeout: patience).topics[name] == nil)
        #expect(try admin.createTopics([topic], timeout: patience).isEmpty)
        try eventually { try admin.metadata(timeout: patience).topics[name]?.partitions.count == 3 }
        #expect(try admin.createTopics([topic], timeout: patience)[name]?.code == .topicAlreadyExists)
        let settings = try admin.settings(of: .topic(name), timeout: patience)
        #expect(settings["retention.ms"] == KafkaConfigEntry(value: "1234567", isDefault: false))
        #expect(settings["cleanup.policy"] == KafkaConfigEntry(value: "compact,delete", isDefault: false))
        #expect(settings["message.timestamp.type"] == KafkaConfigEntry(value: "CreateTime", isDefault: true))
        try admin.createPartitions(of: name, totalCount: 5, timeout: patience)
        try admin.replaceSettings(of: .topic(name), with: ["retention.ms": "7654321"], timeout: patience)
        try eventually {
            let replaced = try admin.settings(of: .topic(name), timeout: patience)
            return replaced["retention.ms"]?.value == "7654321" && replaced["cleanup.policy"]?.isDefault == true
        }
        #expect(try admin.deleteTopics([name], timeout: patience).isEmpty)
        #expect(try admin.deleteTopics([name], timeout: patience)[name]?.code == .unknownTopicOrPartition)
    }

    @Test("what a broker refuses comes back with its own words")
    func refusals() throws {
        let broker = try RealBroker.shared()
        let admin = try admin(broker)
        let name = RealBroker.uniqueName("refused")
        let tooMany = KafkaNewTopic(name: name, partitionCount: 1, replicationFactor: 99)
        let error = try #require(try admin.createTopics([tooMany], timeout: patience)[name])
        #expect(error.code == .invalidReplicationFactor)
        #expect(error.message.contains("99"))
        let unknown = KafkaNewTopic(
            name: name,
            partitionCount: 1,
            replicationFactor: 1,
            settings: ["no.such.setting": "1"]
        )
        #expect(try admin.createTopics([unknown], timeout: patience)[name]?.message.contains("no.such.setting") == true)
        let absent = #expect(throws: KafkaError.self) { try admin.settings(of: .topic(name), timeout: patience) }
        #expect(absent?.code == .unknownTopicOrPartition)
    }

    @Test("a broker's settings can be read")
    func brokerSettings() throws {
        let admin = try admin(RealBroker.shared())
        let id = try #require(try admin.metadata(timeout: patience).brokers.first?.id)
        let settings = try admin.settings(of: .broker(id), timeout: patience)
        #expect(settings["offsets.retention.minutes"]?.value.flatMap(Int.init) != nil)
    }

    @Test("records are found by time, and deleted up to an offset")
    func timesAndDeletion() throws {
        let broker = try RealBroker.shared()
        let name = try broker.createTopic(partitionCount: 2)
        let producer = try producer(broker)
        let topic = try producer.topic(name, timeout: patience)
        let start: Int64 = 1_700_000_000_000
        for index in 0..<10 {
            #expect(producer.produce(to: topic, value: "\(index)", timestamp: start + Int64(index) * 1000) == .queued)
        }
        #expect(producer.flushErrors() == [])
        let first = KafkaPartition(topic: name, partition: 0)
        let second = KafkaPartition(topic: name, partition: 1)
        let found = try producer.offsets(at: [(first, start + 3500), (second, start)], timeout: patience)
        #expect(Set(found) == [KafkaPosition(first, offset: 4), KafkaPosition(second, offset: KafkaPosition.end)])
        try admin(broker).deleteRecords(before: [KafkaPosition(first, offset: 6)], timeout: patience)
        let watermarks = try producer.watermarks(of: [first, second], timeout: patience)
        #expect(watermarks == [first: KafkaWatermarks(low: 6, high: 10), second: KafkaWatermarks(low: 0, high: 0)])
    }

    @Test("a refused record's report has all that sending it again needs")
    func refusedRecord() throws {
        let broker = try RealBroker.shared()
        // A compacted topic refuses records without a key.
        let name = try broker.createTopic(settings: ["cleanup.policy": "compact"])
        let producer = try producer(broker)
        let topic = try producer.topic(name, timeout: patience)
        #expect(producer.produce(to: topic, value: "v", timestamp: 777, header: "h", opaque: 5) == .queued)
        var count = 0
        _ = producer.flush(timeout: patience) { report in
            #expect(report.error == .invalidRecord)
            #expect(report.opaque == 5)
            #expect(report.offset == nil)
            #expect(report.persistence == .notPersisted)
            #expect(report.timestampMilliseconds == 777)
            #expect(text(report.value) == "v")
            #expect(report.key == nil)
            #expect(text(report.header("dh")) == "h")
            count += 1
        }
        #expect(count == 1)
    }
}

import KafkaTestSupport
import Synchronization
import Testing

@testable import Kafka

@Suite("What any client can be asked, on the mock cluster", .ownThread)
struct KafkaClientTests {
    @Test("metadata names brokers, topics, partitions, leaders and replicas")
    func metadata() throws {
        let rig = try MockRig(brokers: 3)
        try rig.cluster.createTopic("a", partitionCount: 2, replicationFactor: 2)
        try rig.cluster.createTopic("b", partitionCount: 1)
        try rig.cluster.setLeader(of: KafkaPartition(topic: "b", partition: 0), to: nil)
        let metadata = try rig.producer().metadata(timeout: patience)
        #expect(metadata.brokers.map(\.id) == [1, 2, 3])
        let ports = metadata.brokers.map { "\($0.host):\($0.port)" }
        #expect(ports.joined(separator: ",") == rig.cluster.bootstrapServers)
        #expect(metadata.clusterID?.isEmpty == false)
        let a = try #require(metadata.topics["a"])
        #expect(a.error == nil)
        #expect(a.partitions.map(\.id) == [0, 1])
        // The mock names every broker as a replica, whatever the factor.
        #expect(a.partitions.allSatisfy { $0.replicas == [1, 2, 3] && $0.inSyncReplicas == $0.replicas })
        #expect(a.partitions.allSatisfy { $0.replicas.contains($0.leader ?? -1) })
        #expect(metadata.topics["b"]?.partitions.first.map { $0.leader == nil } == true)
    }

    @Test("a cluster that cannot be reached fails within the time-out")
    func unreachable() throws {
        let rig = try MockRig()
        try rig.cluster.setDown()
        let producer = try rig.producer()
        let error = #expect(throws: KafkaError.self) { try producer.metadata(timeout: .milliseconds(300)) }
        #expect(error?.code == .transport || error?.code == .timedOut)
    }

    @Test("log lines and errors go to the observer")
    func observer() throws {
        let rig = try MockRig(topics: ["t": 1])
        let lines = Mutex<[KafkaLogLine]>([])
        let errors = Mutex<[KafkaError]>([])
        let observer = KafkaObserver(
            log: { line in lines.withLock { $0.append(line) } },
            error: { error in errors.withLock { $0.append(error) } }
        )
        let producer = try KafkaProducer(rig.connection, observer: observer)
        _ = try producer.topic("t", timeout: patience)
        try rig.cluster.setDown()
        let deadline = ContinuousClock.now + patience
        while errors.withLock(\.isEmpty), ContinuousClock.now < deadline {
            producer.poll(timeout: .milliseconds(50)) { _ in }
        }
        let all = errors.withLock { $0 }
        let first = try #require(all.first)
        #expect(first.code == .transport || first.code == .allBrokersDown)
        #expect(!first.isFatal)
        let failures = lines.withLock { $0.filter { $0.facility == "FAIL" } }
        #expect(failures.contains { $0.message.contains("127.0.0.1") })
    }

    @Test("watermarks follow what is written")
    func watermarks() throws {
        let rig = try MockRig(topics: ["t": 2])
        let producer = try rig.producer()
        let topic = try producer.topic("t", timeout: patience)
        for _ in 0..<7 { #expect(producer.produce(to: topic, partition: 1, value: "x") == .queued) }
        #expect(producer.flushErrors() == [])
        let query = try KafkaWatermarkQuery(rig.connection, observer: rig.observer)
        let partitions = (0..<2).map { KafkaPartition(topic: "t", partition: $0) }
        let expected = [
            partitions[0]: KafkaWatermarks(low: 0, high: 0), partitions[1]: KafkaWatermarks(low: 0, high: 7),
        ]
        #expect(try query.watermarks(of: partitions, timeout: patience) == expected)
        #expect(try producer.watermarks(of: partitions, timeout: patience) == expected)
        #expect(try producer.watermarks(of: [], timeout: patience).isEmpty)
    }

    @Test("a watermark query survives the move of a leader, and a broker that was away")
    func watermarksAfterMove() throws {
        let rig = try MockRig(brokers: 2, topics: ["t": 1])
        let partition = KafkaPartition(topic: "t", partition: 0)
        try rig.cluster.setLeader(of: partition, to: 1)
        let query = try KafkaWatermarkQuery(rig.connection, observer: rig.observer)
        let empty = [partition: KafkaWatermarks(low: 0, high: 0)]
        #expect(try query.watermarks(of: [partition], timeout: patience) == empty)
        try rig.cluster.setLeader(of: partition, to: 2)
        try rig.cluster.setDown(broker: 1)
        #expect(try query.watermarks(of: [partition], timeout: .seconds(2)) == empty)
        try rig.cluster.setUp(broker: 1)
        try rig.cluster.setLeader(of: partition, to: 1)
        #expect(try query.watermarks(of: [partition], timeout: .seconds(2)) == empty)
    }

    @Test("a partition whose leader is away fails within twice the time-out, one that does not exist by name")
    func watermarksOfUnreachable() throws {
        let rig = try MockRig(topics: ["t": 1])
        let partition = KafkaPartition(topic: "t", partition: 0)
        let query = try KafkaWatermarkQuery(rig.connection, observer: rig.observer)
        let absent = KafkaPartition(topic: "t", partition: 7)
        let unknown = #expect(throws: KafkaError.self) { try query.watermarks(of: [absent], timeout: .seconds(2)) }
        #expect(unknown?.code == .unknownPartition)
        try rig.cluster.setDown()
        let error = #expect(throws: KafkaError.self) {
            try query.watermarks(of: [partition], timeout: .milliseconds(300))
        }
        #expect([.timedOut, .transport, .allBrokersDown].contains(error?.code), "\(String(describing: error))")
    }

    @Test("a fresh client has no fatal error and a name")
    func well() throws {
        let producer = try MockRig().producer(["client.id": "tested"])
        #expect(producer.fatalError() == nil)
        #expect(producer.name.hasPrefix("tested#producer"))
    }
}

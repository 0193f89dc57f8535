import Kafka
import KafkaTestSupport
import Operations
import Testing
import Tweets

@testable import Services

@Suite("The check of the topics that every role makes", .ownThread)
struct TopicCheckTests {
    private let names = TopicNames(prefix: "x")

    /// A mock cluster with topics of these partition counts.
    private func cluster(_ counts: [String: Int]) throws -> KafkaMockCluster {
        let cluster = try KafkaMockCluster()
        for (name, count) in counts { try cluster.createTopic(name, partitionCount: count) }
        return cluster
    }

    private var complete: [String: Int] {
        Dictionary(uniqueKeysWithValues: names.all.map { ($0, $0 == names.control ? 1 : 3) })
    }

    private func check(_ cluster: KafkaMockCluster, timeout: Duration = .seconds(20)) throws(ExitError) -> Int {
        try TopicCheck.requireTopics(
            names,
            properties: ["bootstrap.servers": cluster.bootstrapServers],
            recordedBy: "test",
            now: { Instant(seconds: 1_700_000_000) },
            timeout: timeout,
            observer: .silent
        )
    }

    private func onRecord(_ cluster: KafkaMockCluster) -> TopicsOnRecord {
        TopicsOnRecord(
            names: names,
            properties: ["bootstrap.servers": cluster.bootstrapServers],
            observer: .silent
        )
    }

    @Test("the first role records the count, later ones find it and write nothing")
    func firstAndLater() throws {
        let cluster = try cluster(complete)
        #expect(try check(cluster) == 3)
        #expect(try check(cluster) == 3)
        let records = try onRecord(cluster).read(timeout: .seconds(20))
        let expected = TopicsRecord(
            partitions: 3,
            recordedAt: Instant(seconds: 1_700_000_000),
            recordedBy: "test"
        )
        #expect(records == [expected])
        withExtendedLifetime(cluster) {}
    }

    @Test("another count on record stops the role, with who recorded it and what to do")
    func otherCount() throws {
        let cluster = try cluster(complete)
        let other = TopicsRecord(partitions: 6, recordedAt: Instant(seconds: 0), recordedBy: "bridge on h, process 1")
        try onRecord(cluster).write(other, timeout: .seconds(20))
        let error = #expect(throws: ExitError.self) { try check(cluster) }
        #expect(error?.code == .configuration)
        #expect(
            error?.description.contains("have 3 partitions, but 6 are on record (by bridge on h, process 1") == true
        )
        withExtendedLifetime(cluster) {}
    }

    @Test("missing topics are named, with the command that makes them, and not created")
    func missing() throws {
        var counts = complete
        counts[names.seen] = nil
        counts[names.late] = nil
        let cluster = try cluster(counts)
        let error = #expect(throws: ExitError.self) { try check(cluster) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("no topic x.seen, x.late") == true)
        #expect(error?.description.contains("decahose topics create") == true)
        let admin = try KafkaAdmin(["bootstrap.servers": cluster.bootstrapServers], observer: .silent)
        #expect(try admin.metadata(timeout: .seconds(20)).topics.count == counts.count)
        withExtendedLifetime(cluster) {}
    }

    @Test("topics that differ in partitions are refused")
    func uneven() throws {
        var counts = complete
        counts[names.tweets] = 4
        let cluster = try cluster(counts)
        let error = #expect(throws: ExitError.self) { try check(cluster) }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("x.raw has 3, x.tweets has 4, x.seen has 3") == true)
        withExtendedLifetime(cluster) {}
    }

    @Test("a Kafka that does not answer is told apart, by code and by address")
    func unreachable() throws {
        let cluster = try cluster(complete)
        try cluster.setDown()
        let error = #expect(throws: ExitError.self) { try check(cluster, timeout: .milliseconds(500)) }
        #expect(error?.code == .kafkaUnreachable)
        #expect(error?.description.contains(cluster.bootstrapServers) == true)
    }
}

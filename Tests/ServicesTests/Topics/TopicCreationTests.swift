import Kafka
import KafkaTestSupport
import Operations
import Settings
import Synchronization
import Testing
import Tweets

@testable import Services

@Suite(
    "topics create, on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .ownThread
)
struct TopicCreationTests {
    /// Runs it under a prefix, and gives what it said.
    private func create(
        prefix: String,
        partitions: Int? = 3,
        replicas: Int = 1,
        isDryRun: Bool = false
    ) throws -> String {
        let configuration = try Configuration(
            file: nil,
            environment: [
                "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": try RealBroker.shared().bootstrapServers,
                "DECAHOSE_TOPICS_PREFIX": prefix,
            ]
        )
        let options = TopicCreation.Options(
            partitionCount: partitions,
            replicationFactor: replicas,
            retention: nil,
            isDryRun: isDryRun,
            load: .init(tweetsPerSecond: 600, bytesPerTweet: 5300, compressionRatio: 3, connections: 2)
        )
        var said = ""
        try TopicCreation(ToolSettings(configuration), options: options, observer: .silent) { said += $0 }.run()
        return said
    }

    private func admin() throws -> KafkaAdmin {
        try KafkaAdmin(RealBroker.shared().properties(), observer: .silent)
    }

    @Test("makes every topic with the planned settings, and may be run again")
    func createsAll() throws {
        let prefix = RealBroker.uniqueName("create")
        let names = TopicNames(prefix: prefix)
        let said = try create(prefix: prefix)
        #expect(said.contains("\(names.raw) created."))
        #expect(said.contains("The partition count, 3, is on record"))
        let plan = TopicPlan(
            names: names,
            partitionCount: 3,
            replicationFactor: 1,
            horizon: .seconds(124 * 3600)
        )
        let metadata = try admin().metadata(timeout: .seconds(20))
        for topic in plan.topics {
            #expect(metadata.topics[topic.name]?.partitions.count == topic.partitionCount)
            let settings = try admin().settings(of: .topic(topic.name), timeout: .seconds(20))
            for wanted in topic.settings where !wanted.name.hasPrefix("message.timestamp") {
                #expect(settings[wanted.name]?.value == wanted.value, "\(topic.name) \(wanted.name)")
            }
        }
        let again = try create(prefix: prefix, partitions: nil)
        for name in names.all { #expect(again.contains("\(name) exists and is left as it is")) }
        let other = #expect(throws: ExitError.self) { try create(prefix: prefix, partitions: 5) }
        #expect(other?.code == .configuration)
        #expect(other?.description.contains("exist with 3 partitions, not 5") == true)
        _ = try admin().deleteTopics(names.all, timeout: .seconds(20))
    }

    @Test("with --dry-run says everything and creates nothing")
    func dryRun() throws {
        let prefix = RealBroker.uniqueName("dry")
        let said = try create(prefix: prefix, isDryRun: true)
        #expect(said.contains("    min.compaction.lag.ms=43200000\n"))
        #expect(said.contains("Nothing was created"))
        let topics = try admin().metadata(timeout: .seconds(20)).topics
        #expect(!topics.keys.contains { $0.hasPrefix(prefix) })
    }

    @Test("too many replicas for the cluster: the broker's words, and what a development cluster needs")
    func replicas() throws {
        let error = #expect(throws: ExitError.self) {
            try create(prefix: RealBroker.uniqueName("replicas"), replicas: 77)
        }
        #expect(error?.code == .configuration)
        #expect(error?.description.contains("INVALID_REPLICATION_FACTOR") == true)
        #expect(error?.description.contains("--replication-factor 1") == true)
    }

    @Test("the name of the timestamp limit is found by asking where the brokers' settings may not be seen")
    func timestampLimit() throws {
        let prefix = RealBroker.uniqueName("limit")
        let broker = try #require(try admin().metadata(timeout: .seconds(20)).brokers.first?.id)
        let settings = try admin().settings(of: .broker(broker), timeout: .seconds(20))
        let isNew = settings["log.message.timestamp.before.max.ms"] != nil
        let isOld = settings["log.message.timestamp.difference.max.ms"] != nil
        try #require(isNew || isOld)
        let found = TopicCreation.accepted([.beforeAndAfter, .difference], prefix: prefix, try admin())
        #expect(found == (isNew ? .beforeAndAfter : .difference))
        #expect(TopicCreation.accepted(isOld ? [] : [.difference], prefix: prefix, try admin()) == nil)
        let topics = try admin().metadata(timeout: .seconds(20)).topics
        #expect(!topics.keys.contains { $0.hasPrefix(prefix) })
    }
}

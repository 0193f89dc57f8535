import Dedup
import Kafka
import KafkaTestSupport
import Operations
import Settings
import Testing
import Tweets

@testable import Services

@Suite(
    "topics check, on a real broker",
    .enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)"),
    .ownThread
)
struct ClusterCheckTests {
    private let timeout: Duration = .seconds(20)
    /// The true time, since retention would remove records of any other at once; nothing else depends on it.
    private let now = WallClock.now()

    private func settings(prefix: String) throws -> ToolSettings {
        try ToolSettings(
            Configuration(
                file: nil,
                environment: [
                    "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": try RealBroker.shared().bootstrapServers,
                    "DECAHOSE_TOPICS_PREFIX": prefix,
                ]
            )
        )
    }

    private func created() throws -> ToolSettings {
        let settings = try settings(prefix: RealBroker.uniqueName("check"))
        let options = TopicCreation.Options(
            partitionCount: 2,
            replicationFactor: 1,
            retention: nil,
            isDryRun: false,
            load: .init(tweetsPerSecond: 1, bytesPerTweet: 1, compressionRatio: 1, connections: 1)
        )
        try TopicCreation(settings, options: options, observer: .silent, say: { _ in }).run()
        return settings
    }

    private func findings(_ settings: ToolSettings) throws -> [TopicFinding] {
        try ClusterCheck(settings, isDevelopment: true, now: now, observer: .silent).findings()
    }

    private func produce(_ producer: KafkaProducer, to topic: KafkaTopic, _ value: [UInt8], at time: Instant) throws {
        let result = value.withUnsafeBytes { value in
            producer.produce(
                to: topic,
                partition: 0,
                key: UnsafeRawBufferPointer(start: value.baseAddress, count: 1),
                value: value,
                timestampMilliseconds: time.milliseconds
            )
        }
        try #require(result == .queued)
    }

    @Test("fresh topics have no findings, a changed setting and missing topics have theirs")
    func settingsFound() throws {
        let settings = try created()
        #expect(try findings(settings) == [])
        let admin = try KafkaAdmin(RealBroker.shared().properties(), observer: .silent)
        let raw = KafkaConfigResource.topic(settings.common.topics.raw)
        var given = KafkaProperties()
        for (name, entry) in try admin.settings(of: raw, timeout: timeout) where !entry.isDefault {
            given[name] = entry.value
        }
        given["min.compaction.lag.ms"] = "60000"
        try admin.replaceSettings(of: raw, with: given, timeout: timeout)
        let deadline = ContinuousClock.now + timeout
        var found: [TopicFinding] = []
        while found.isEmpty, ContinuousClock.now < deadline { found = try findings(settings) }
        #expect(found.map(\.kind) == [.compaction])
        #expect(found.first?.what == "min.compaction.lag.ms is 1min, needs 12h")

        let absent = try findings(self.settings(prefix: RealBroker.uniqueName("absent")))
        #expect(absent.map(\.kind) == Array(repeating: .missing, count: 7))
    }

    @Test("dedup's lag is the age of its next record, and a changelog that cannot restore is found")
    func dedupFound() throws {
        let settings = try created()
        let names = settings.common.topics
        let broker = try RealBroker.shared()
        let producer = try KafkaProducer(
            broker.properties(["transactional.id": RealBroker.uniqueName("t"), "linger.ms": "1"]),
            observer: .silent
        )
        try producer.initTransactions(timeout: timeout)
        let raw = try producer.topic(names.raw, timeout: timeout)
        let seen = try producer.topic(names.seen, timeout: timeout)

        /// Writes raw records of these ages, and a changelog record that ends there, and commits or aborts.
        func transact(ages: [Duration], nextOffset: Int64, isCommitted: Bool = true) throws {
            try producer.beginTransaction()
            for age in ages { try produce(producer, to: raw, [0x31], at: now - age) }
            var bytes: [UInt8] = []
            SeenRecord(number: UInt64(nextOffset), nextOffset: nextOffset, progress: DedupProgress()).encode(
                into: &bytes
            )
            try produce(producer, to: seen, bytes, at: now)
            #expect(producer.flush(timeout: timeout) { _ in })
            if isCommitted {
                try producer.commitTransaction(timeout: timeout) { _ in }
            } else {
                try producer.abortTransaction(timeout: timeout) { _ in }
            }
        }
        let group = try KafkaConsumer(broker.properties(["group.id": names.dedupGroup]), observer: .silent)
        let partition = KafkaPartition(topic: names.raw, partition: 0)

        // Records 0 and 1, then a marker; the second of them is 7 hours old, more than half of the compaction lag.
        try transact(ages: [.seconds(8 * 3600), .seconds(7 * 3600)], nextOffset: 2)
        try group.commit([KafkaPosition(partition, offset: 1)], timeout: timeout)
        let behind = try findings(settings)
        #expect(behind.map(\.kind) == [.compaction])
        #expect(behind.first?.what.contains("dedup is 7h behind") == true)

        // What an aborted transaction wrote to the changelog does not count.
        try transact(ages: [.seconds(60)], nextOffset: 4, isCommitted: false)
        try group.commit([KafkaPosition(partition, offset: 4)], timeout: timeout)
        let short = try findings(settings)
        #expect(short.map(\.kind) == [.changelog])
        #expect(short.first?.what == "ends at raw offset 2, but dedup has committed 4")
        #expect(short.first?.run == "decahose dedup rebuild")

        try transact(ages: [], nextOffset: 5)
        #expect(try findings(settings) == [])
    }
}

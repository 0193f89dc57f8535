import Dedup
import Kafka
import Logging
import Operations
import Synchronization
import Testing
import Tweets

@testable import Services

/// The topics of one test, a pen for raw, readers of the rest, and instances of the stage.
struct DedupRig {
    static let partitionCount = 3

    let brokers: String
    let names: TopicNames
    /// Keeps what the brokers live in.
    private let owner: any Sendable

    /// A mock cluster of its own.
    static func mock() throws -> DedupRig {
        let names = TopicNames(prefix: "t")
        let cluster = try KafkaMockCluster()
        for name in names.all {
            try cluster.createTopic(name, partitionCount: name == names.control ? 1 : Self.partitionCount)
        }
        return DedupRig(brokers: cluster.bootstrapServers, names: names, owner: cluster)
    }

    /// Topics of its own on a real broker.
    ///
    /// - Parameter settings: Of single topics, by the last part of their names.
    static func real(
        _ brokers: String,
        prefix: String,
        settings: [String: KafkaProperties] = [:]
    ) throws -> DedupRig {
        let names = TopicNames(prefix: prefix)
        let admin = try KafkaAdmin(["bootstrap.servers": brokers], observer: .silent)
        let topics = names.all.map { name in
            KafkaNewTopic(
                name: name,
                partitionCount: name == names.control ? 1 : Self.partitionCount,
                replicationFactor: 1,
                settings: Self.plain.merging(settings[name.split(separator: ".").last.map(String.init) ?? ""] ?? [:])
            )
        }
        try create(topics, admin)
        return DedupRig(brokers: brokers, names: names, owner: admin)
    }

    private static let plain: KafkaProperties = [
        "message.timestamp.type": "CreateTime", "segment.bytes": "1048576",
    ]

    /// Makes topics, and waits until each of their partitions has a leader.
    static func create(_ topics: [KafkaNewTopic], _ admin: KafkaAdmin) throws {
        let deadline = ContinuousClock.now + .seconds(30)
        while true {
            let problems = try admin.createTopics(topics, timeout: .seconds(30))
            // A topic that was deleted a moment ago may still be on its way out.
            if problems.values.contains(where: { $0.code == .topicAlreadyExists }), .now < deadline { continue }
            try #require(problems.isEmpty, "\(problems)")
            break
        }
        while true {
            let known = try admin.metadata(timeout: .seconds(30)).topics
            let isReady = topics.allSatisfy { topic in
                let partitions = known[topic.name]?.partitions ?? []
                return partitions.count == topic.partitionCount && partitions.allSatisfy { $0.leader != nil }
            }
            if isReady { return }
            try #require(ContinuousClock.now < deadline, "the topics got no leaders")
        }
    }

    var properties: KafkaProperties { ["bootstrap.servers": brokers] }

    func environment(instance: String) -> DedupEnvironment {
        DedupEnvironment(
            names: names,
            instance: instance,
            recordedBy: "test",
            kafka: properties,
            timing: DedupTiming(
                horizon: .seconds(28 * 3600),
                recoveryWindow: .seconds(24 * 3600),
                deliverySlack: .seconds(120)
            ),
            commitInterval: .milliseconds(50),
            wall: WallClock.now,
            clock: MonotonicClock.now,
            logger: Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        )
    }
}

/// One instance of the stage on a thread of its own.
final class RunningDedup: Sendable {
    let service: DedupService
    let board = StatusBoard()
    private let end = Mutex<Result<Void, any Error>?>(nil)

    init(_ environment: DedupEnvironment) {
        service = DedupService(environment, board: board, metrics: MetricsRegistry())
        Task {
            do {
                try await service.run()
                end.withLock { $0 = .success(()) }
            } catch {
                end.withLock { $0 = .failure(error) }
            }
        }
    }

    /// How it ended; nil while it runs.
    var outcome: Result<Void, any Error>? { end.withLock { $0 } }

    /// Whether it has ended.
    var hasEnded: Bool { end.withLock { $0 != nil } }

    /// Asks it to end, and waits until it has.
    func stop() async throws {
        service.stop()
        try await until("it has stopped") { outcome != nil }
        try outcome?.get()
    }
}

/// Looks again and again until something is so; nothing passes by waiting it out, and a sanitized process on a busy machine
/// takes minutes where a second is usual.
func until(
    _ what: String,
    within patience: Duration = .seconds(240),
    _ condition: () throws -> Bool
) async throws {
    let deadline = ContinuousClock.now + patience
    while try !condition() {
        try #require(ContinuousClock.now < deadline, "waited in vain until \(what)")
        try await Task.sleep(for: .milliseconds(20))
    }
}

/// A record of raw as a test sends it.
struct RawCopy {
    var key: String
    var value: String?
    /// When it was received; nil for now.
    var received: Instant?
    var header = "c=a p=1 s=live n=s1"

    init(_ id: TweetID, _ value: String?, received: Instant? = nil, connection: String = "a") {
        key = id.description
        self.value = value
        self.received = received
        header = "c=\(connection) p=1 s=live n=s1"
    }

    init(key: String, value: String?) {
        self.key = key
        self.value = value
    }
}

/// A record as a reader finds it.
struct FoundRecord: Equatable {
    var key: String
    var value: String?
    var timestamp: Int64?
    var header: String?
}

extension DedupRig {
    /// Sends copies to raw, keyed and placed as a bridge does, and waits until they are acknowledged.
    func send(_ copies: [RawCopy]) throws {
        let own: KafkaProperties = ["enable.idempotence": "true", "linger.ms": "1"]
        let producer = try KafkaProducer(properties.merging(own), observer: .silent)
        let raw = try producer.topic(names.raw, timeout: .seconds(10))
        for copy in copies {
            let result = Self.withBytes(copy.key) { key in
                Self.withBytes(copy.value) { value in
                    Self.withBytes(copy.header) { header in
                        producer.produce(
                            to: raw,
                            partition: key.map { KafkaPartitioner.partition(of: $0, count: raw.partitionCount) } ?? 0,
                            key: key,
                            value: value,
                            timestampMilliseconds: (copy.received ?? WallClock.now()).milliseconds,
                            header: header.map { KafkaHeader(RecordHeader.name, $0) }
                        )
                    }
                }
            }
            #expect(result == .queued)
        }
        var failures = 0
        let isFlushed = producer.flush(timeout: .seconds(20)) { report in failures += report.error == nil ? 0 : 1 }
        #expect(isFlushed && failures == 0)
    }

    /// Everything that a read_committed reader finds in a topic now.
    func read(_ topic: String) throws -> [FoundRecord] {
        let own: KafkaProperties = [
            "group.id": "\(names.prefix)-reader", "isolation.level": "read_committed", "enable.auto.commit": "false",
            "enable.partition.eof": "true", "auto.offset.reset": "error", "fetch.wait.max.ms": "20",
        ]
        let reader = try KafkaConsumer(properties.merging(own), observer: .silent)
        let count = topic == names.control ? 1 : Self.partitionCount
        var open = Set((0..<Int32(count)).map { KafkaPartition(topic: topic, partition: $0) })
        try reader.assign(open.map { KafkaPosition($0, offset: KafkaPosition.beginning) })
        var found: [FoundRecord] = []
        let deadline = ContinuousClock.now + .seconds(30)
        while !open.isEmpty {
            try #require(ContinuousClock.now < deadline, "\(topic) has no end")
            switch reader.poll(timeout: .milliseconds(100)) {
            case .nothing: continue
            case .message(let message): found.append(FoundRecord(message))
            case .partitionEnd(let position): open.remove(position.partition)
            case .error(let error, _): throw error
            }
        }
        return found
    }

    private static func withBytes<Result>(_ text: String?, _ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
        guard let text else { return body(nil) }
        return Array(text.utf8).withUnsafeBytes { body($0) }
    }
}

extension FoundRecord {
    init(_ message: borrowing KafkaMessage) {
        let text = { (bytes: UnsafeRawBufferPointer?) in bytes.map { String(decoding: $0, as: UTF8.self) } }
        self.init(
            key: text(message.key) ?? "",
            value: text(message.value),
            timestamp: message.timestampMilliseconds,
            header: text(message.header(RecordHeader.name))
        )
    }
}

/// The ID of a Tweet created some seconds ago, the same for the same arguments and run.
func recentID(secondsAgo: Int, sequence: UInt64 = 0) throws -> TweetID {
    let moment = TweetID(earliestAt: WallClock.now() - .seconds(secondsAgo))
    return try #require(TweetID(moment.rawValue + sequence))
}

import Foundation
import Kafka
import Logging
import Operations
import Services
import Settings
import Testing
import Tweets

/// A bridge in this process, between a scripted upstream and a mock cluster.
struct BridgeHarness {
    /// A record as a test looks at it.
    struct Record {
        var key: String?
        var value: String?
        var partition: Int32
        var offset: Int64
        var header: String?
        var timestamp: Int64?
    }

    static let partitions = 3

    let cluster: KafkaMockCluster
    let topics = TopicNames(prefix: "decahose")
    let metrics = MetricsRegistry()
    let board = StatusBoard()
    let log = LogLines()
    private let partitionCount: Int

    init(partitions: Int = BridgeHarness.partitions) throws {
        partitionCount = partitions
        cluster = try KafkaMockCluster()
        for topic in topics.all {
            try cluster.createTopic(topic, partitionCount: topic == topics.control ? 1 : partitions)
        }
    }

    /// The settings of a bridge, by what is not usual.
    func settings(_ upstream: String, connection: String = "a", _ more: [String: String] = [:]) throws -> BridgeSettings
    {
        var environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": cluster.bootstrapServers,
            "DECAHOSE_STREAM_API": "v2",
            "DECAHOSE_STREAM_BASE_URL": upstream,
            "DECAHOSE_STREAM_BEARER_TOKEN": "secret-of-the-test",
            "DECAHOSE_STREAM_DELIVERY_SLACK": "2s",
            "DECAHOSE_BRIDGE_CONNECTION": connection,
        ]
        environment.merge(more) { _, new in new }
        return try BridgeSettings(Configuration(file: nil, environment: environment))
    }

    /// Runs a bridge until `body` returns, then stops it and waits for its end; everything must be accounted for all along.
    ///
    /// - Throws: What the bridge or `body` threw.
    func run(
        _ settings: BridgeSettings,
        takesOver: Bool = false,
        while body: @escaping @Sendable (BridgeHarness) throws -> Void
    ) async throws {
        let service = service(settings, takesOver: takesOver)
        let watch = AccountingWatch(metrics: metrics, board: board)
        let bridge = Task { try await service.run() }
        defer { bridge.cancel() }
        let harness = self
        do {
            try await BlockingThread.run(named: "test-body") { try body(harness) }
        } catch {
            _ = watch.end()
            throw error
        }
        bridge.cancel()
        let end = await bridge.result
        let findings = watch.end()
        #expect(findings.violations.isEmpty)
        #expect(findings.looks > 0)
        try end.get()
    }

    /// Runs a bridge that ends by itself.
    ///
    /// - Returns: The error with which it ended; nil for none of ours.
    func runToItsEnd(_ settings: BridgeSettings) async throws -> ExitError? {
        do {
            try await service(settings, takesOver: false).run()
            return nil
        } catch let error as ExitError {
            return error
        }
    }

    func service(_ settings: BridgeSettings, takesOver: Bool) -> BridgeService {
        BridgeService(
            settings: settings,
            takesOver: takesOver,
            logger: log.logger(),
            metrics: metrics,
            board: board
        )
    }

    /// `/status` as it is now; empty before there is one.
    var status: String {
        board.document(at: "/status").map { String(decoding: $0.body(), as: UTF8.self) } ?? ""
    }

    /// Everything in a topic, in the order of each partition.
    func read(_ topic: String) throws -> [Record] {
        let consumer = try KafkaConsumer(
            [
                "bootstrap.servers": cluster.bootstrapServers, "group.id": "test", "enable.auto.commit": "false",
                "enable.partition.eof": "true",
            ],
            observer: .silent
        )
        let count = topic == topics.control ? 1 : partitionCount
        try consumer.assign(
            (0..<count).map { KafkaPosition(topic: topic, partition: Int32($0), offset: KafkaPosition.beginning) }
        )
        var records: [Record] = []
        var ended: Set<Int32> = []
        while ended.count < count {
            switch consumer.poll(timeout: .seconds(10)) {
            case .message(let message): records.append(Record(message))
            case .partitionEnd(let position): ended.insert(position.partition.partition)
            case .error(let error, _): throw error
            case .nothing: throw Timeout(what: "the end of \(topic)")
            }
        }
        return records
    }

    /// The latest record of each session in control, by start.
    func sessions() throws -> [SessionRecord] {
        var latest: [String: SessionRecord] = [:]
        for record in try read(topics.control) where record.key?.hasPrefix("session:") == true {
            guard let key = record.key, let value = record.value else { continue }
            latest[key] = try JSONDecoder().decode(SessionRecord.self, from: Data(value.utf8))
        }
        return latest.values.sorted { $0.session < $1.session }
    }

    /// A number or word of `/status`, by the first field of that name; empty where there is none.
    func status(_ field: String) -> String {
        let body = board.document(at: "/status").map { String(decoding: $0.body(), as: UTF8.self) } ?? ""
        return body.range(of: "\"\(field)\":").map { String(body[$0.upperBound...].prefix { $0 != "," && $0 != "}" }) }
            ?? ""
    }

    /// Writes a control record as somebody else would.
    func write(_ key: ControlKey, _ record: some Encodable) throws {
        let producer = try KafkaProducer(["bootstrap.servers": cluster.bootstrapServers], observer: .silent)
        let topic = try producer.topic(topics.control, timeout: .seconds(10))
        let value = [UInt8](try JSONEncoder().encode(record))
        let result = Array(key.text.utf8).withUnsafeBytes { key in
            value.withUnsafeBytes {
                producer.produce(to: topic, partition: 0, key: key, value: $0, timestampMilliseconds: 0)
            }
        }
        guard result == .queued, producer.flush(timeout: .seconds(10), { _ in }) else {
            throw Timeout(what: "the control record")
        }
    }

    /// Asks again and again until it is so.
    static func wait(_ what: String, until isSo: () throws -> Bool) throws {
        let deadline = ContinuousClock.now + .seconds(60)
        while try !isSo() {
            guard ContinuousClock.now < deadline else { throw Timeout(what: what) }
            usleep(20_000)
        }
    }
}

extension BridgeHarness.Record {
    init(_ message: borrowing KafkaMessage) {
        key = message.key.map { String(decoding: $0, as: UTF8.self) }
        value = message.value.map { String(decoding: $0, as: UTF8.self) }
        partition = message.partition
        offset = message.offset
        header = message.header("dh").map { String(decoding: $0, as: UTF8.self) }
        timestamp = message.timestampMilliseconds
    }
}

/// Something did not happen in time.
struct Timeout: Error, CustomStringConvertible {
    var what: String
    var description: String { "waited in vain for \(what)" }
}

/// IDs of Tweets created now and then.
enum TestTweets {
    /// An ID by creation time and number.
    static func id(_ created: Instant, _ number: Int = 0) -> UInt64 {
        UInt64(created.milliseconds - TweetID.snowflakeEpoch) << 22 | UInt64(number & 0xFFF)
    }

    /// A native line.
    static func line(_ id: UInt64) -> String {
        #"{"user":{"id_str":"1"},"text":"\u00e9 😀 }","id":\#(id),"id_str":"\#(id)"}"#
    }
}

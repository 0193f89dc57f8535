import Foundation
import Glibc
import Kafka
import StreamClient
import Tweets

/// A cluster, a mock of this process unless told otherwise, and a simulated upstream, for bridges that are processes of their
/// own.
final class BridgeStage {
    /// So many that the mock, which keeps 5 MB of each, keeps all.
    static let partitions = 24

    private let mock: KafkaMockCluster?
    private let bootstrapServers: String
    let topics = TopicNames(prefix: "decahose")
    private let simulator: RunningExecutable
    private let upstream: String
    private let watermarks: KafkaWatermarkQuery

    /// Builds it; the world begins now.
    ///
    /// - Parameters:
    ///   - rate: Tweets a second.
    ///   - more: More arguments of the upstream.
    ///   - brokers: A real cluster without our topics.
    init(rate: Int, _ more: [String] = [], brokers: String? = nil) throws {
        if let brokers {
            mock = nil
            bootstrapServers = brokers
            try Self.createTopics(topics, brokers)
        } else {
            let mock = try KafkaMockCluster()
            for topic in topics.all {
                try mock.createTopic(topic, partitionCount: topic == topics.control ? 1 : Self.partitions)
            }
            self.mock = mock
            bootstrapServers = mock.bootstrapServers
        }
        // Latency well inside the slack of the bridges below.
        let simulator = try RunningExecutable(
            ["simulate", "--dialect", "v2", "--rate", "\(rate)", "--latency-scale", "0.01", "--request-limit", "0"]
                + more
        )
        self.simulator = simulator
        upstream = "http://\(try simulator.says("http://"))"
        watermarks = try KafkaWatermarkQuery(["bootstrap.servers": bootstrapServers], observer: .silent)
    }

    /// The mock cluster, of a stage that stands on one.
    var cluster: KafkaMockCluster {
        guard let mock else { preconditionFailure("the stage stands on a real cluster") }
        return mock
    }

    private static func createTopics(_ topics: TopicNames, _ brokers: String) throws {
        let admin = try KafkaAdmin(["bootstrap.servers": brokers], observer: .silent)
        let new = topics.all.map { topic in
            KafkaNewTopic(
                name: topic,
                partitionCount: topic == topics.control ? 1 : Self.partitions,
                replicationFactor: 1
            )
        }
        if let (_, error) = try admin.createTopics(new, timeout: .seconds(60)).first { throw error }
        try eventually("leaders of all topics") {
            let known = try admin.metadata(timeout: .seconds(10)).topics
            return topics.all.allSatisfy { known[$0]?.partitions.allSatisfy { $0.leader != nil } == true }
        }
    }

    /// Where the upstream listens, at 127.0.0.1.
    var upstreamPort: Int { upstream.split(separator: ":").last.flatMap { Int($0) } ?? 0 }

    /// Ends the upstream at once.
    func killUpstream() throws {
        simulator.send(SIGKILL)
        _ = try simulator.end()
    }

    /// Cuts every live connection of the upstream, once.
    func dropConnections() throws {
        let body = Array(#"[{"kind":"drop","role":"live"}]"#.utf8)
        let answer = try WebRequest(method: "POST", url: "\(upstream)/faults", body: body).send()
        guard answer.status == 200 else { throw Timeout(what: "the cut: \(answer.status)") }
    }

    /// Starts a bridge, by itself or by a command that becomes it.
    func bridge(_ more: [String: String] = [:], through command: [String] = []) throws -> RunningExecutable {
        try start("bridge", more, through: command)
    }

    /// Starts an instance of dedup.
    func dedup(_ more: [String: String] = [:]) throws -> RunningExecutable {
        try start("dedup", more.merging(["DECAHOSE_DEDUP_INSTANCE": "one"]) { $1 })
    }

    private func start(
        _ role: String,
        _ more: [String: String],
        through command: [String] = []
    ) throws -> RunningExecutable {
        let environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": bootstrapServers, "DECAHOSE_STREAM_API": "v2",
            "DECAHOSE_STREAM_BASE_URL": upstream, "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
            "DECAHOSE_STREAM_DELIVERY_SLACK": "2s", "DECAHOSE_BRIDGE_CONNECTION": "a",
            "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        return try RunningExecutable([role], environment: environment.merging(more) { $1 }, through: command)
    }

    /// How many records raw has been given.
    func rawCount() throws -> Int64 {
        let raw = (0..<Int32(Self.partitions)).map { KafkaPartition(topic: topics.raw, partition: $0) }
        return try watermarks.watermarks(of: raw, timeout: .seconds(10)).values.reduce(0) { $0 + $1.high }
    }

    /// What the upstream sent of a stream partition's Tweets created in a window, by ID: the ground truth.
    func truth(_ window: EventInterval, partition: Int) throws -> Set<String> {
        let query = "from=\(window.from)&to=\(window.to)&partition=\(partition)&format=ids"
        let answer = try WebRequest(method: "GET", url: "\(upstream)/truth?\(query)").send()
        guard answer.status == 200 else { throw Timeout(what: "the truth: \(answer.status)") }
        let lines = String(decoding: answer.body, as: UTF8.self).split(separator: "\n")
        return Set(lines.compactMap { $0.split(separator: " ").first.map(String.init) })
    }

    /// The keys of raw, one for each record.
    func rawKeys() throws -> [String] {
        try records(topics.raw, partitions: Self.partitions).map(\.key)
    }

    /// The latest record of each session, by start.
    func sessions() throws -> [SessionRecord] {
        var latest: [String: SessionRecord] = [:]
        for record in try records(topics.control, partitions: 1) where record.key.hasPrefix("session:") {
            latest[record.key] = try JSONDecoder().decode(SessionRecord.self, from: Data(record.value.utf8))
        }
        return latest.values.sorted { $0.session < $1.session }
    }

    /// How many copies of each Tweet are in the clean topic, or in another; none of one that only its delete is there of.
    func copies(in topic: String? = nil) throws -> [String: Int] {
        let topic = topic ?? topics.tweets
        return try TopicReading.records(topic, partitions: Self.partitions, servers: bootstrapServers)
            .reduce(into: [:]) { $0[$1.key, default: 0] += $1.value == nil ? 0 : 1 }
    }

    private func records(_ topic: String, partitions: Int) throws -> [(key: String, value: String)] {
        let consumer = try KafkaConsumer(
            [
                "bootstrap.servers": bootstrapServers, "group.id": "test", "enable.auto.commit": "false",
                "enable.partition.eof": "true",
            ],
            observer: .silent
        )
        try consumer.assign(
            (0..<partitions).map { KafkaPosition(topic: topic, partition: Int32($0), offset: KafkaPosition.beginning) }
        )
        var records: [(String, String)] = []
        var ended: Set<Int32> = []
        while ended.count < partitions {
            switch consumer.poll(timeout: .seconds(10)) {
            case .message(let message):
                let key = message.key.map { String(decoding: $0, as: UTF8.self) } ?? ""
                records.append((key, message.value.map { String(decoding: $0, as: UTF8.self) } ?? ""))
            case .partitionEnd(let position): ended.insert(position.partition.partition)
            case .error(let error, _): throw error
            case .nothing: throw Timeout(what: "the end of \(topic)")
            }
        }
        return records
    }
}

/// Something did not happen in time.
struct Timeout: Error, CustomStringConvertible {
    var what: String
    var description: String { "waited in vain for \(what)" }
}

/// Asks again and again until it is so.
///
/// - Parameter every: How often at most: a look that reads a whole topic slows down what is looked at.
func eventually(
    _ what: @autoclosure () -> String,
    within limit: Duration = .seconds(60),
    every: Duration = .milliseconds(20),
    _ isSo: () throws -> Bool
) throws {
    let deadline = ContinuousClock.now + limit
    while try !isSo() {
        guard ContinuousClock.now < deadline else { throw Timeout(what: what()) }
        usleep(useconds_t(every / .microseconds(1)))
    }
}

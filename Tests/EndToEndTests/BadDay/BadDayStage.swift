import Foundation
import Glibc
import Kafka
import StreamClient
import Tweets

/// A simulated upstream and Kafka, for roles that are processes of their own, in a time where a minute lasts a second.
///
/// The delivery slack is 2 s instead of 120, and backfill reaches 5 s instead of five minutes.
final class BadDayStage {
    /// Kafka as this day can have it.
    struct Broker {
        var servers: String
        var partitions: Int
        var setAway: (Bool) throws -> Void
    }

    /// How often control, which is read whole, is looked at.
    static let look: Duration = .milliseconds(300)

    let broker: Broker
    let topics: TopicNames
    private let simulator: RunningExecutable
    private let upstream: String

    init(_ broker: Broker, topics: TopicNames) throws {
        self.broker = broker
        self.topics = topics
        simulator = try RunningExecutable([
            "simulate", "--dialect", "v2", "--rate", "80", "--latency-scale", "0.01", "--request-limit", "0",
        ])
        upstream = "http://\(try simulator.says("http://"))"
    }

    /// A stage on a mock cluster of this process.
    static func onMock() throws -> BadDayStage {
        let cluster = try KafkaMockCluster()
        let topics = TopicNames(prefix: "decahose")
        // So many partitions that the mock, which keeps 5 MB of each, keeps all.
        for topic in topics.all {
            try cluster.createTopic(topic, partitionCount: topic == topics.control ? 1 : 24)
        }
        let broker = Broker(
            servers: cluster.bootstrapServers,
            partitions: 24,
            setAway: { try $0 ? cluster.setDown() : cluster.setUp() }
        )
        return try BadDayStage(broker, topics: topics)
    }

    /// Starts a role.
    func start(_ role: String, _ more: [String: String] = [:]) throws -> RunningExecutable {
        let environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": broker.servers, "DECAHOSE_TOPICS_PREFIX": topics.prefix,
            "DECAHOSE_STREAM_API": "v2", "DECAHOSE_STREAM_BASE_URL": upstream,
            "DECAHOSE_STREAM_BEARER_TOKEN": "decahose", "DECAHOSE_STREAM_DELIVERY_SLACK": "2s",
            "DECAHOSE_BRIDGE_BUFFER_BYTES": "1MiB", "DECAHOSE_DEDUP_INSTANCE": "one",
            "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        return try RunningExecutable([role], environment: environment.merging(more) { $1 })
    }

    // MARK: The upstream

    /// Replaces what goes wrong upstream; backfill always reaches five seconds only.
    func setFaults(_ faults: [String] = []) throws {
        _ = try ask("DELETE", "/faults")
        let all = [#"{"kind":"backfill","mode":"partial","seconds":5}"#] + faults
        _ = try ask("POST", "/faults", "[\(all.joined(separator: ","))]")
    }

    /// How often the faults of a kind struck.
    func fired(_ kind: String) throws -> Int {
        struct Faults: Decodable {
            struct Fault: Decodable {
                var kind: String
                var fired: Int
            }

            var faults: [Fault]
        }
        return try JSONDecoder().decode(Faults.self, from: ask("GET", "/faults")).faults
            .filter { $0.kind == kind }.reduce(0) { $0 + $1.fired }
    }

    /// The IDs of a stream partition's Tweets created in a window: the ground truth.
    func truth(_ window: EventInterval, partition: Int) throws -> Set<String> {
        let query = "from=\(window.from)&to=\(window.to)&partition=\(partition)&format=ids"
        let text = String(decoding: try ask("GET", "/truth?\(query)"), as: UTF8.self)
        return Set(text.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
    }

    private func ask(_ method: String, _ path: String, _ body: String = "") throws -> Data {
        let answer = try WebRequest(method: method, url: upstream + path, body: Array(body.utf8)).send()
        let text = String(decoding: answer.body, as: UTF8.self)
        guard answer.status == 200 else { throw Timeout(what: "\(method) \(path): HTTP \(answer.status): \(text)") }
        return Data(answer.body)
    }

    // MARK: Kafka

    /// What control holds now.
    func control() throws -> (sessions: [SessionRecord], gaps: [GapRecord], jobs: [JobRecord]) {
        var latest: [String: String] = [:]
        for record in try TopicReading.records(topics.control, partitions: 1, servers: broker.servers) {
            latest[record.key] = record.value
        }
        func all<Record: Decodable>(_ kind: String, _ type: Record.Type) throws -> [Record] {
            try latest.filter { $0.key.hasPrefix("\(kind):") }.map { _, text in
                try JSONDecoder().decode(type, from: Data(text.utf8))
            }
        }
        return (
            try all("session", SessionRecord.self),
            // What is open at the live edge is no gap: on a busy host claims lag behind so short a slack all the time.
            try all("gap", GapRecord.self).filter { $0.state != .open }.sorted { $0.id < $1.id },
            try all("job", JobRecord.self).sorted { ($0.from, $0.id) < ($1.from, $1.id) }
        )
    }

    /// Waits until both connections claim time after a moment, of both stream partitions.
    func awaitClaims(after moment: Instant = BadDayStage.now()) throws {
        try eventually("both connections cover", within: .seconds(150), every: Self.look) {
            let sessions = try control().sessions.filter { $0.closed == nil && $0.covered?.to ?? moment > moment }
            return Set(sessions.map { "\($0.connection) \($0.stream)" }).count == 4
        }
    }

    /// The true time.
    static func now() -> Instant { Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000)) }

    /// The IDs in raw.
    func rawKeys() throws -> Set<String> { Set(try records(topics.raw).map(\.key)) }

    /// The records of a topic; a value is nil for a delete.
    func records(_ topic: String) throws -> [(key: String, value: String?)] {
        try TopicReading.records(topic, partitions: broker.partitions, servers: broker.servers)
    }
}

import Foundation
import Glibc
import Kafka
import KafkaTestSupport
import StreamClient
import Testing
import Tweets

/// One host has the only bridge and one instance of dedup; the other one has Kafka, the upstream and the other instance.
@Suite(
    "A host that loses Kafka without a word",
    .enabled(if: LinkedHosts.isPermitted, "needs root and `ip netns`"),
    .enabled(if: MortalBroker.isAvailable, "\(RealBroker.skipReason)"),
    .serialized,
    .timeLimit(.minutes(6))
)
struct CutFromKafkaTests {
    private static let partitions = 6
    private static let topics = TopicNames(prefix: "decahose")

    /// A role on one of the hosts.
    private struct Role {
        let process: RunningExecutable
        let url: String
        let host: LinkedHosts.Host
        let hosts: LinkedHosts

        init(_ name: String, _ environment: [String: String], on host: LinkedHosts.Host, _ hosts: LinkedHosts) throws {
            process = try RunningExecutable([name], environment: environment, through: hosts.command(on: host))
            url = try process.says("Status is served. url=")
            self.host = host
            self.hosts = hosts
        }

        /// How many partitions of raw an instance of dedup reads.
        func partitionsRead() throws -> Int {
            let metric = "decahose_dedup_partitions "
            let url = "\(url)/metrics"
            let text = try hosts.run(on: host) {
                String(decoding: try WebRequest(url: url).send().body, as: UTF8.self)
            }
            let line = text.split(separator: "\n").first { $0.hasPrefix(metric) }
            return line.flatMap { Int($0.dropFirst(metric.count)) } ?? 0
        }
    }

    @Test(
        "another instance reads for its dedup, which joins again; what its bridge has read comes out exactly once",
        arguments: LinkedHosts.Loss.allCases
    )
    func lost(_ loss: LinkedHosts.Loss) throws {
        let hosts = try LinkedHosts()
        let upstream = try RunningExecutable(
            ["simulate", "--dialect", "v2", "--listen", "\(hosts.upstreamAddress):8080", "--rate", "100"]
                + ["--latency-scale", "0.01", "--heartbeat", "1s", "--request-limit", "0"],
            through: hosts.command(on: .upstream)
        )
        let url = "http://\(try upstream.says("http://"))"
        let address = hosts.kafkaAddress
        let broker = try hosts.run(on: .upstream) { try MortalBroker(host: address) }
        let servers = broker.bootstrapServers
        let environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": servers, "DECAHOSE_STREAM_API": "v2",
            "DECAHOSE_STREAM_BASE_URL": url, "DECAHOSE_STREAM_BEARER_TOKEN": "decahose",
            "DECAHOSE_STREAM_DELIVERY_SLACK": "2s", "DECAHOSE_STREAM_HEARTBEAT_TIMEOUT": "3s",
            "DECAHOSE_BRIDGE_CONNECTION": "a", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        let create = try RunningExecutable(
            ["topics", "create", "--partitions", "\(Self.partitions)", "--replication-factor", "1"],
            environment: environment,
            through: hosts.command(on: .upstream)
        )
        try #require(try create.end() == 0, "\(create.output)")
        func dedup(_ instance: String, on host: LinkedHosts.Host) throws -> Role {
            try Role("dedup", environment.merging(["DECAHOSE_DEDUP_INSTANCE": instance]) { $1 }, on: host, hosts)
        }
        let near = try dedup("near", on: .upstream)
        let far = try dedup("far", on: .bridge)
        let bridge = try Role("bridge", environment, on: .bridge, hosts)
        var said: String { [near, far, bridge].map { $0.process.output.suffix(3000) }.joined(separator: "\n—\n") }
        try eventually("both instances to read; all said:\n\(said)") {
            try near.partitionsRead() > 0 && far.partitionsRead() > 0
        }
        try awaitClaims(after: Instant(milliseconds: 0), hosts, servers)

        try hosts.lose(loss)
        try eventually("the near instance to read all; all said:\n\(said)") {
            try near.partitionsRead() == Self.partitions
        }
        try hosts.restore(loss)
        let backAt = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        try eventually("the far instance to read again; all said:\n\(said)", within: .seconds(120)) {
            let (ofNear, ofFar) = try (near.partitionsRead(), far.partitionsRead())
            return ofFar > 0 && ofNear + ofFar == Self.partitions
        }
        try awaitClaims(after: backAt, hosts, servers)
        bridge.process.send(SIGTERM)
        #expect(try bridge.process.end() == 0, "\(bridge.process.output.suffix(3000))")

        let truth = try truth(hosts, servers, url)
        #expect(truth.count > 1000)
        var copies: [String: Int] = [:]
        try eventually("all \(truth.count) in the clean topic; all said:\n\(said)") {
            copies = try records(Self.topics.tweets, Self.partitions, hosts, servers).reduce(into: [:]) {
                $0[$1.key, default: 0] += $1.value == nil ? 0 : 1
            }
            // A delete stands for its Tweet.
            return truth.isSubset(of: copies.keys)
        }
        // In order: what was behind in raw is decided, too.
        for instance in [near, far] {
            instance.process.send(SIGTERM)
            #expect(try instance.process.end() == 0, "\(instance.process.output.suffix(3000))")
        }
        copies = try records(Self.topics.tweets, Self.partitions, hosts, servers).reduce(into: [:]) {
            $0[$1.key, default: 0] += $1.value == nil ? 0 : 1
        }
        #expect(copies.values.allSatisfy { $0 <= 1 }, "\(copies.filter { $0.value > 1 }.count) came twice")
        withExtendedLifetime((upstream, broker)) {}
    }

    /// What the upstream sent of the time from the first claim to the last: no time between them may be missing, since what
    /// the bridge has not kept it asks for when it comes back.
    private func truth(_ hosts: LinkedHosts, _ servers: String, _ url: String) throws -> Set<String> {
        let sessions = try sessions(hosts, servers)
        var all: Set<String> = []
        for number in 1...2 {
            let claims = sessions.filter { $0.stream.number == number }.compactMap(\.covered)
            let from = try #require(claims.map(\.from).min())
            let to = try #require(claims.map(\.to).max())
            let text = try hosts.run(on: .upstream) {
                let query = "from=\(from)&to=\(to)&partition=\(number)&format=ids"
                return String(decoding: try WebRequest(url: "\(url)/truth?\(query)").send().body, as: UTF8.self)
            }
            all.formUnion(text.split(separator: "\n").compactMap { $0.split(separator: " ").first.map(String.init) })
        }
        return all
    }

    private func awaitClaims(after moment: Instant, _ hosts: LinkedHosts, _ servers: String) throws {
        try eventually("claims of both stream partitions", within: .seconds(120), every: .milliseconds(300)) {
            let claims = try sessions(hosts, servers).filter { $0.closed == nil && $0.covered?.to ?? moment > moment }
            return Set(claims.map(\.stream)).count == 2
        }
    }

    private func sessions(_ hosts: LinkedHosts, _ servers: String) throws -> [SessionRecord] {
        var latest: [String: String] = [:]
        for record in try records(Self.topics.control, 1, hosts, servers) where record.key.hasPrefix("session:") {
            latest[record.key] = record.value
        }
        return try latest.values.map { try JSONDecoder().decode(SessionRecord.self, from: Data($0.utf8)) }
    }

    private func records(
        _ topic: String,
        _ partitions: Int,
        _ hosts: LinkedHosts,
        _ servers: String
    ) throws -> [(key: String, value: String?)] {
        try hosts.run(on: .upstream) {
            try TopicReading.records(topic, partitions: partitions, servers: servers)
        }
    }
}

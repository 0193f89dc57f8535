import FoundationEssentials
import Kafka
import Operations
import Tweets

/// All processes of one installation on this machine: an upstream, a broker, and every role.
package final class Stage {
    /// What is played with.
    package struct Options {
        /// Tweets a second of the upstream, all stream partitions together.
        package var rate: Int
        /// The seed of the upstream.
        package var seed: UInt64
        /// Real payload lines as templates.
        package var corpus: String?
        /// `stream.delivery_slack` of all roles; the upstream's latency is well below.
        package var slack: Duration
        /// From one heartbeat of the upstream to the next.
        package var heartbeat: Duration
        /// A real Kafka instead of the mock cluster.
        package var brokers: String?
        /// Replicas of the topics on a real Kafka.
        package var replicationFactor: Int
        /// Kafka partitions of raw, tweets and seen.
        package var partitions: Int
        /// `topics.prefix`.
        package var prefix: String
        /// The instances of dedup; one has no number in its process's name.
        package var dedups: [String]
        /// Whether the upstream counts connection requests: who restarts bridges for minutes has soon used them up.
        package var limitsRequests: Bool

        /// Options from their parts.
        package init(
            rate: Int,
            seed: UInt64,
            corpus: String? = nil,
            slack: Duration,
            heartbeat: Duration,
            brokers: String?,
            replicationFactor: Int = 1,
            partitions: Int,
            prefix: String,
            dedups: [String],
            limitsRequests: Bool = true
        ) {
            self.rate = rate
            self.seed = seed
            self.corpus = corpus
            self.slack = slack
            self.heartbeat = heartbeat
            self.brokers = brokers
            self.replicationFactor = replicationFactor
            self.partitions = partitions
            self.prefix = prefix
            self.dedups = dedups
            self.limitsRequests = limitsRequests
        }
    }

    /// Waits until something is so, and says whether it came about in time.
    package typealias Wait = (_ limit: Duration, _ isSo: () throws -> Bool) throws -> Bool

    /// The processes.
    package let troupe: Troupe
    private let options: Options
    private let wait: Wait
    private let tell: (String) -> Void

    /// A stage that nothing runs on yet.
    ///
    /// - Parameters:
    ///   - wait: How time is spent while something starts.
    ///   - tell: Takes a line on what was started.
    package init(_ options: Options, troupe: Troupe, wait: @escaping Wait, tell: @escaping (String) -> Void) {
        self.options = options
        self.troupe = troupe
        self.wait = wait
        self.tell = tell
    }

    /// The names of dedup's processes.
    package var dedupNames: [String] {
        options.dedups.count == 1 ? ["dedup"] : options.dedups.map { "dedup \($0)" }
    }

    /// Starts the upstream.
    package func startUpstream() throws -> SimulatorClient {
        var arguments = [
            "simulate", "--listen", "127.0.0.1:0", "--dialect", "v2", "--rate", "\(options.rate)", "--seed",
            "\(options.seed)", "--heartbeat", "\(options.heartbeat.components.seconds)s",
            "--latency-scale", "\(Double(options.slack.milliseconds) / 240_000)", "--deletes", "0.03",
            "--delete-delay", "6s",
        ]
        if !options.limitsRequests { arguments += ["--request-limit", "0"] }
        if let corpus = options.corpus { arguments += ["--corpus", corpus] }
        try troupe.start("upstream", arguments, baseEnvironment)
        let url = try firstMatch(in: "upstream") { line in
            line.split(separator: " ").first { $0.hasPrefix("http://") }.map(String.init)
        }
        tell("upstream simulator: \(url), \(options.rate) Tweets/s, seed \(options.seed)")
        return SimulatorClient(baseURL: url)
    }

    /// Makes the topics on a real Kafka, or starts a mock cluster that has them.
    ///
    /// - Returns: Its address.
    package func startBroker() throws -> String {
        if let brokers = options.brokers {
            var environment = baseEnvironment
            environment["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS"] = brokers
            environment["DECAHOSE_TOPICS_PREFIX"] = options.prefix
            environment["DECAHOSE_STREAM_API"] = "v2"
            let arguments = [
                "topics", "create", "--partitions", "\(options.partitions)", "--replication-factor",
                "\(options.replicationFactor)",
            ]
            let process = try troupe.process("topics", arguments, environment)
            _ = try wait(.seconds(60)) { !process.isRunning }
            guard process.end == .exited(0) else {
                process.send(9)
                throw ExitError(
                    .kafkaUnreachable,
                    "The topics could not be made on \(brokers):\n\(process.tail(lines: 12))"
                )
            }
            tell("topics \(options.prefix).* on \(brokers)")
            return brokers
        }
        try troupe.start(
            "broker",
            ["broker", "--prefix", options.prefix, "--partitions", "\(options.partitions)"],
            baseEnvironment
        )
        let servers = try firstMatch(in: "broker") { line in
            line.split(separator: " ").last { $0.contains(":") && $0.last?.isNumber == true }.map(String.init)
        }
        tell(
            "mock Kafka cluster: \(servers) (a kill of dedup is outside its promise: it stores no transactional offsets)"
        )
        return servers
    }

    /// Starts the coordinator, dedup, and both bridges.
    package func startRoles(brokers: String, upstream: SimulatorClient) throws {
        var environment = baseEnvironment
        environment["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS"] = brokers
        environment["DECAHOSE_TOPICS_PREFIX"] = options.prefix
        environment["DECAHOSE_STREAM_API"] = "v2"
        environment["DECAHOSE_STREAM_BASE_URL"] = upstream.baseURL
        environment["DECAHOSE_STREAM_BEARER_TOKEN"] = "decahose"
        environment["DECAHOSE_STREAM_DELIVERY_SLACK"] = "\(options.slack.milliseconds)ms"
        environment["DECAHOSE_STREAM_HEARTBEAT_TIMEOUT"] = "\(options.heartbeat.components.seconds * 3)s"
        environment["DECAHOSE_STREAM_SILENCE_TIMEOUT"] = "10s"
        environment["DECAHOSE_HTTP_LISTEN"] = "127.0.0.1:0"
        try troupe.start("coordinator", ["coordinator"], environment)
        for (instance, name) in zip(options.dedups, dedupNames) {
            environment["DECAHOSE_DEDUP_INSTANCE"] = instance
            try troupe.start(name, ["dedup"], environment)
        }
        for connection in ["a", "b"] {
            environment["DECAHOSE_BRIDGE_CONNECTION"] = connection
            try troupe.start("bridge \(connection)", ["bridge"], environment)
        }
    }

    /// A reader of what comes out.
    package func observer(brokers: String) throws -> TopicObserver {
        var properties: KafkaProperties = [:]
        let prefix = "DECAHOSE_KAFKA_"
        for (variable, value) in ProcessInfo.processInfo.environment where variable.hasPrefix(prefix) {
            properties[variable.dropFirst(prefix.count).lowercased().replacing("_", with: ".")] = value
        }
        properties["bootstrap.servers"] = brokers
        return try TopicObserver(
            topics: TopicNames(prefix: options.prefix),
            partitions: options.partitions,
            properties: properties
        )
    }

    /// What children inherit: the user's environment, of our settings only those for Kafka's security.
    private var baseEnvironment: [String: String] {
        ProcessInfo.processInfo.environment.filter { variable, _ in
            !variable.hasPrefix("DECAHOSE_") || variable.hasPrefix("DECAHOSE_KAFKA_")
        }
    }

    private func firstMatch(in name: String, _ match: (Substring) -> String?) throws -> String {
        var found: String?
        _ = try wait(.seconds(30)) {
            found = troupe.process(name)?.output.split(separator: "\n").lazy.compactMap(match).first
            return found != nil
        }
        guard let found else {
            throw ExitError(
                .findings,
                "'\(name)' did not start. Its last lines:\n\(troupe.process(name)?.tail(lines: 12) ?? "")"
            )
        }
        return found
    }
}

import FoundationEssentials
import Kafka
import Operations
import Tweets

extension DemoRunner {
    /// Starts the upstream, a broker, and every role, and waits until both bridges read.
    ///
    /// - Returns: The moment from which on both connections deliver everything.
    func startEverything() throws -> Instant {
        tell("output of all processes: \(options.folder)")
        upstream = try startUpstream()
        let brokers = try startBroker()
        try startRoles(brokers: brokers)
        observer = try TopicObserver(
            topics: topics,
            partitions: options.partitions,
            properties: kafkaProperties(brokers: brokers)
        )
        let streams = StreamProduct.sample10.partitionCount
        let reading = try wait(atMost: timetable.patience) {
            ["a", "b"].allSatisfy { newestOpenSessions($0).count == streams }
                && ["a", "b"].allSatisfy { (observer?.raw.connections[$0]?.live ?? 0) > 0 }
                && (observer?.deliveries.tweets ?? 0) > 0
        }
        guard reading else {
            throw ExitError(
                .findings,
                "Not everything came up within \(timetable.patience.components.seconds) s. Last lines:\n" + lastWords()
            )
        }
        let starts = ["a", "b"].flatMap { newestOpenSessions($0) }.map(\.serverDate)
        tell("both bridges read both stream partitions; Tweets come out")
        // A session claims from five seconds after the server's date on.
        return (starts.max() ?? WallClock.now()) + .seconds(5)
    }

    /// The sessions of a connection that are open, one a stream partition at the most.
    func newestOpenSessions(_ connection: String) -> [SessionRecord] {
        observer?.control.newestSessions(of: connection).filter { $0.closed == nil } ?? []
    }

    /// The last lines that every process wrote.
    func lastWords() -> String {
        troupe.names.map { "— \($0):\n\(troupe.process($0)?.tail(lines: 6) ?? "")" }.joined(separator: "\n")
    }

    private func startUpstream() throws -> SimulatorClient {
        var arguments = [
            "simulate", "--listen", "127.0.0.1:0", "--dialect", "v2", "--rate", "\(options.rate)", "--seed",
            "\(options.seed)", "--heartbeat", "\(timetable.heartbeat.components.seconds)s",
            "--latency-scale", "\(Double(timetable.slack.milliseconds) / 240_000)", "--deletes", "0.03",
            "--delete-delay", "6s",
        ]
        if let corpus = options.corpus { arguments += ["--corpus", corpus] }
        try troupe.start("upstream", arguments, baseEnvironment)
        let url = try firstMatch(in: "upstream") { line in
            line.split(separator: " ").first { $0.hasPrefix("http://") }.map(String.init)
        }
        tell("upstream simulator: \(url), \(options.rate) Tweets/s, seed \(options.seed)")
        return SimulatorClient(baseURL: url)
    }

    private func startBroker() throws -> String {
        if let brokers = options.brokers {
            var environment = baseEnvironment
            environment["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS"] = brokers
            environment["DECAHOSE_TOPICS_PREFIX"] = topics.prefix
            environment["DECAHOSE_STREAM_API"] = "v2"
            let arguments = [
                "topics", "create", "--partitions", "\(options.partitions)", "--replication-factor",
                "\(options.replicationFactor)",
            ]
            let process = try ChildProcess(
                name: "topics",
                arguments: arguments,
                environment: environment,
                logPath: "\(options.folder)/topics.log"
            )
            _ = try wait(atMost: .seconds(60)) { !process.isRunning }
            guard process.end == .exited(0) else {
                process.send(9)
                throw ExitError(
                    .kafkaUnreachable,
                    "The topics could not be made on \(brokers):\n\(process.tail(lines: 12))"
                )
            }
            tell("topics \(topics.prefix).* on \(brokers)")
            return brokers
        }
        try troupe.start(
            "broker",
            ["broker", "--prefix", topics.prefix, "--partitions", "\(options.partitions)"],
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

    private func startRoles(brokers: String) throws {
        guard let upstream else { preconditionFailure("roles start after the upstream") }
        var environment = baseEnvironment
        environment["DECAHOSE_KAFKA_BOOTSTRAP_SERVERS"] = brokers
        environment["DECAHOSE_TOPICS_PREFIX"] = topics.prefix
        environment["DECAHOSE_STREAM_API"] = "v2"
        environment["DECAHOSE_STREAM_BASE_URL"] = upstream.baseURL
        environment["DECAHOSE_STREAM_BEARER_TOKEN"] = "decahose"
        environment["DECAHOSE_STREAM_DELIVERY_SLACK"] = "\(timetable.slack.milliseconds)ms"
        environment["DECAHOSE_STREAM_HEARTBEAT_TIMEOUT"] = "\(timetable.heartbeat.components.seconds * 3)s"
        environment["DECAHOSE_STREAM_SILENCE_TIMEOUT"] = "10s"
        environment["DECAHOSE_HTTP_LISTEN"] = "127.0.0.1:0"
        try troupe.start("coordinator", ["coordinator"], environment)
        environment["DECAHOSE_DEDUP_INSTANCE"] = "demo"
        try troupe.start("dedup", ["dedup"], environment)
        for connection in ["a", "b"] {
            environment["DECAHOSE_BRIDGE_CONNECTION"] = connection
            try troupe.start("bridge \(connection)", ["bridge"], environment)
        }
    }

    /// What children inherit: the user's environment, of our settings only those for Kafka's security.
    private var baseEnvironment: [String: String] {
        ProcessInfo.processInfo.environment.filter { variable, _ in
            !variable.hasPrefix("DECAHOSE_") || variable.hasPrefix("DECAHOSE_KAFKA_")
        }
    }

    private func kafkaProperties(brokers: String) -> KafkaProperties {
        var properties: KafkaProperties = [:]
        let prefix = "DECAHOSE_KAFKA_"
        for (variable, value) in ProcessInfo.processInfo.environment where variable.hasPrefix(prefix) {
            properties[variable.dropFirst(prefix.count).lowercased().replacing("_", with: ".")] = value
        }
        properties["bootstrap.servers"] = brokers
        return properties
    }

    private func firstMatch(in name: String, _ match: (Substring) -> String?) throws -> String {
        var found: String?
        _ = try wait(atMost: .seconds(30)) {
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

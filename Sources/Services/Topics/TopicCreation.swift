import Glibc
public import Kafka
public import Operations
public import Settings
import Tweets

/// `decahose topics create`: makes the topics that are missing, and records their partition count.
public struct TopicCreation {
    /// What the command line says.
    public struct Options: Sendable {
        /// Partitions of every topic but control; nil takes those that exist, else ``TopicCreation/partitionCountDefault``.
        public var partitionCount: Int?
        /// Copies of each partition.
        public var replicationFactor: Int
        /// How long users want the Tweets kept; nil for the least that correctness needs.
        public var retention: Duration?
        /// Whether only to say what would be done.
        public var isDryRun: Bool
        /// What the forecast of the disk reckons with.
        public var load: DiskForecast.Load

        /// Options from their parts.
        public init(
            partitionCount: Int?,
            replicationFactor: Int,
            retention: Duration?,
            isDryRun: Bool,
            load: DiskForecast.Load
        ) {
            self.partitionCount = partitionCount
            self.replicationFactor = replicationFactor
            self.retention = retention
            self.isDryRun = isDryRun
            self.load = load
        }
    }

    /// Partitions where nobody says otherwise: enough for twelve dedup instances.
    public static let partitionCountDefault = 12
    /// How long each request to Kafka may take.
    static let timeout: Duration = .seconds(30)

    private let settings: ToolSettings
    private let options: Options
    private let properties: KafkaProperties
    private let trouble = ConnectionTrouble()
    private let observer: KafkaObserver
    private let say: (String) -> Void

    private var names: TopicNames { settings.common.topics }

    /// Prepares it.
    ///
    /// - Parameters:
    ///   - settings: Connection, prefix and horizon.
    ///   - options: What the command line says.
    ///   - observer: Takes librdkafka's log.
    ///   - say: Takes lines for standard output, with their ends.
    public init(
        _ settings: ToolSettings,
        options: Options,
        observer: KafkaObserver,
        say: @escaping (String) -> Void
    ) {
        self.settings = settings
        self.options = options
        self.properties = .role(settings.common, clientID: "decahose-topics")
        self.observer = trouble.listening(for: observer)
        self.say = say
    }

    /// Does it; blocks until it is done.
    ///
    /// - Throws: An ``ExitError`` with the broker's words and what to do.
    public func run() throws(ExitError) {
        let brokers = settings.common.bootstrapServers
        let admin: KafkaAdmin
        let metadata: KafkaMetadata
        do {
            admin = try KafkaAdmin(properties, observer: observer)
            metadata = try admin.metadata(timeout: Self.timeout)
        } catch {
            throw ExitError.unreachable(brokers, error, trouble)
        }
        let plan = TopicPlan(
            names: names,
            partitionCount: try partitionCount(metadata),
            replicationFactor: options.replicationFactor,
            horizon: settings.horizon,
            retention: options.retention,
            limit: timestampLimit(admin, metadata)
        )
        let forecast = DiskForecast(plan, names: names, load: options.load)
        say(TopicTable.text(plan, forecast: forecast, load: options.load))
        let existing = plan.topics.filter { metadata.topics[$0.name] != nil }
        for topic in existing {
            say("\(topic.name) exists and is left as it is; decahose topics check compares its settings.\n")
        }
        let missing = plan.topics.filter { metadata.topics[$0.name] == nil }
        if options.isDryRun { say("\n" + TopicTable.settings(plan)) }
        try create(missing, admin)
        if options.isDryRun {
            say("Nothing was created: --dry-run. The brokers accept \(missing.count) new topics.\n")
            return
        }
        for topic in missing { say("\(topic.name) created.\n") }
        try awaitLeaders(admin)
        let count = try TopicCheck.requireTopics(
            names,
            properties: properties,
            recordedBy: "topics create on \(Self.hostName), process \(getpid())",
            timeout: Self.timeout,
            observer: observer
        )
        say("The partition count, \(count), is on record in \(names.control). It cannot change under this prefix.\n")
    }

    /// The count for the new topics: what exists already decides.
    private func partitionCount(_ metadata: KafkaMetadata) throws(ExitError) -> Int {
        let existing = names.copartitioned.compactMap { metadata.topics[$0]?.partitions.count }
        guard let first = existing.first else { return options.partitionCount ?? Self.partitionCountDefault }
        if let wanted = options.partitionCount, existing.contains(where: { $0 != wanted }) {
            throw ExitError(
                .configuration,
                """
                Topics of prefix \(names.prefix) exist with \(first) partitions, not \(wanted). The count cannot change: \
                leave out --partitions, or use a new topics.prefix.
                """
            )
        }
        return first
    }

    /// Which name the cluster has for its timestamp limit.
    private func timestampLimit(_ admin: KafkaAdmin, _ metadata: KafkaMetadata) -> TimestampLimit {
        guard let broker = metadata.brokers.first?.id,
            let settings = try? admin.settings(of: .broker(broker), timeout: Self.timeout)
        else { return Self.accepted([.difference, .beforeAndAfter], prefix: names.prefix, admin) ?? .difference }
        return settings["log.message.timestamp.before.max.ms"] == nil ? .difference : .beforeAndAfter
    }

    /// The first of these names that the cluster takes; nil where it takes none.
    ///
    /// Asks with a new topic that is only checked and never made: for a user who may not see the brokers' settings.
    static func accepted(_ limits: [TimestampLimit], prefix: String, _ admin: KafkaAdmin) -> TimestampLimit? {
        limits.first { limit in
            let topic = KafkaNewTopic(
                name: "\(prefix).timestamp-limit",
                partitionCount: 1,
                replicationFactor: 1,
                settings: KafkaProperties(limit.settings.map { ($0.name, $0.value) })
            )
            let failures = try? admin.createTopics([topic], validateOnly: true, timeout: timeout)
            return failures?.isEmpty ?? false
        }
    }

    private func create(_ missing: [TopicSpecification], _ admin: KafkaAdmin) throws(ExitError) {
        let topics = missing.map { topic in
            KafkaNewTopic(
                name: topic.name,
                partitionCount: topic.partitionCount,
                replicationFactor: topic.replicationFactor,
                settings: KafkaProperties(topic.settings.map { ($0.name, $0.value) })
            )
        }
        let failures: [String: KafkaError]
        do {
            failures = try admin.createTopics(topics, validateOnly: options.isDryRun, timeout: Self.timeout)
        } catch {
            throw ExitError(.kafkaUnreachable, "The topics could not be created: \(error)")
        }
        // Somebody else may have made one meanwhile.
        let real = failures.filter { $0.value.code != .topicAlreadyExists }
        guard let first = missing.first(where: { real[$0.name] != nil }), let error = real[first.name] else { return }
        var text = "\(first.name) cannot be created: \(error)."
        if error.code == .invalidReplicationFactor {
            text += """
                 The cluster has fewer than \(options.replicationFactor) brokers: for a single-broker development \
                cluster, run it again with --replication-factor 1.
                """
        }
        if error.code == .clusterAuthorizationFailed || error.code == .topicAuthorizationFailed {
            text += " The user needs the ACL Create on topics \(names.prefix).* (or on the cluster)."
        }
        throw ExitError(.configuration, text)
    }

    /// Waits until every partition has a leader, so that the next command finds the topics usable.
    private func awaitLeaders(_ admin: KafkaAdmin) throws(ExitError) {
        let deadline = ContinuousClock.now + Self.timeout
        while ContinuousClock.now < deadline {
            if let topics = try? admin.metadata(timeout: Self.timeout).topics,
                names.all.allSatisfy({ name in
                    topics[name].map { topic in
                        !topic.partitions.isEmpty && topic.partitions.allSatisfy { $0.leader != nil }
                    } ?? false
                })
            {
                return
            }
            usleep(100_000)
        }
        throw ExitError(
            .kafkaUnreachable,
            """
            The topics were created, but within \(Self.timeout.components.seconds) s not every partition was seen to have a \
            leader. If the user may create topics and not see them, it needs the ACL Describe on topics \(names.prefix).* too.
            """
        )
    }

    private static var hostName: String {
        var buffer = [CChar](repeating: 0, count: 256)
        guard gethostname(&buffer, buffer.count) == 0 else { return "localhost" }
        return String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }
}

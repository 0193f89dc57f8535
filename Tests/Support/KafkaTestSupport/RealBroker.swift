public import Kafka

/// A real Kafka for the tests that librdkafka's mock cluster cannot serve, one for the whole run.
///
/// `DECAHOSE_TEST_BROKERS=host:port` names one that is there already. Otherwise `KAFKA_HOME` names a distribution (3.4
/// or newer), of which one KRaft node is started on loopback, in a temporary folder, at the first use; it ends with the
/// test process, however that ends. Without either, tests that say
/// `.enabled(if: RealBroker.isAvailable, "\(RealBroker.skipReason)")` are skipped, and `make test` counts them.
public struct RealBroker: Sendable {
    /// Whether there is one to be had; starts nothing.
    public static var isAvailable: Bool { givenServers != nil || KafkaNode.home != nil }

    /// Whether it is somebody else's, and so keeps its own time over its chores.
    public static var isGiven: Bool { givenServers != nil }

    /// Why a test is skipped; the text that `make test` counts.
    public static let skipReason = "needs a real Kafka: set DECAHOSE_TEST_BROKERS=host:port or KAFKA_HOME"

    /// Whether the node is ours alone, so that a test may rely on its settings (`KafkaNode.settings`).
    public let isOwnNode: Bool
    /// Its brokers, as `host:port`.
    public let bootstrapServers: String

    /// The run's broker; blocks while it starts, the first time.
    public static func shared() throws -> RealBroker {
        try started.get()
    }

    /// The connection, with other properties set after it.
    public func properties(_ others: KafkaProperties = [:]) -> KafkaProperties {
        let connection: KafkaProperties = ["bootstrap.servers": bootstrapServers]
        return connection.merging(others)
    }

    /// A name that no other test and no other run uses, for a topic, group or prefix.
    public static func uniqueName(_ base: String) -> String {
        "\(base)-\(String(UInt64.random(in: .min ... .max), radix: 36))"
    }

    /// Creates a topic, and waits until each of its partitions has a leader.
    ///
    /// - Returns: Its name, made unique.
    public func createTopic(
        _ base: String = "test",
        partitionCount: Int = 1,
        settings: KafkaProperties = [:]
    ) throws -> String {
        let name = Self.uniqueName(base)
        let admin = try KafkaAdmin(properties(), observer: .silent)
        let topic = KafkaNewTopic(
            name: name,
            partitionCount: partitionCount,
            replicationFactor: 1,
            settings: settings
        )
        if let error = try admin.createTopics([topic], timeout: .seconds(30))[name] { throw error }
        let deadline = ContinuousClock.now + .seconds(30)
        while ContinuousClock.now < deadline {
            let partitions = try admin.metadata(timeout: .seconds(30)).topics[name]?.partitions ?? []
            if partitions.count == partitionCount, partitions.allSatisfy({ $0.leader != nil }) { return name }
        }
        throw KafkaError(code: .leaderNotAvailable, message: "\(name) got no leader within 30 s")
    }

    private static var givenServers: String? { KafkaNode.environment("DECAHOSE_TEST_BROKERS") }

    private static let started: Result<RealBroker, any Error> = Result {
        if let servers = givenServers { return RealBroker(isOwnNode: false, bootstrapServers: servers) }
        return RealBroker(isOwnNode: true, bootstrapServers: try KafkaNode.start())
    }
}

import ArgumentParser
import Kafka
import Operations
import Settings
import Tweets
import UnixSignals

struct BrokerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "broker",
        abstract: "Runs a mock Kafka cluster with the topics in place, for demonstrations and tests.",
        discussion: """
            It speaks Kafka's protocol on loopback and is no Kafka: it keeps the newest 5 MB of a partition, in memory; \
            read_committed readers see aborted records; offsets committed in transactions are not stored; it does not \
            fence, compact or look up times. librdkafka's mock cluster picks its ports itself: read them from the line \
            that is printed. It runs until SIGTERM or SIGINT, and then everything in it is gone.

            EXAMPLES:
              decahose broker
              decahose broker --partitions 12 --prefix test --json
              DECAHOSE_KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:43210 decahose dedup
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(help: ArgumentHelp("Partitions of every topic but control, 1 to 1000.", valueName: "n"))
    var partitions = 6

    @Option(help: ArgumentHelp("Brokers of the cluster, 1 to 9.", valueName: "n"))
    var brokers = 1

    @Option(help: ArgumentHelp("What stands before the topics' names (default: topics.prefix).", valueName: "name"))
    var prefix: String?

    @Flag(help: "One JSON object instead of lines for people.")
    var json = false

    func validate() throws {
        guard (1...1000).contains(partitions) else {
            throw ValidationError("--partitions \(partitions) is not between 1 and 1000")
        }
        guard (1...9).contains(brokers) else { throw ValidationError("--brokers \(brokers) is not between 1 and 9") }
    }

    func run() async throws {
        let configured = try ToolSettings(common.configuration()).common.topics
        let names = prefix.map(TopicNames.init(prefix:)) ?? configured
        // Trapped first, so that a signal right after the line below ends the process as it should.
        let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
        let cluster = try KafkaMockCluster(brokerCount: brokers)
        for name in names.all {
            try cluster.createTopic(
                name,
                partitionCount: name == names.control ? 1 : partitions,
                replicationFactor: 1
            )
        }
        StandardOutput.write(json ? jsonText(cluster, names) : text(cluster, names))
        for await _ in signals { break }
        withExtendedLifetime(cluster) {}
    }

    private func text(_ cluster: KafkaMockCluster, _ names: TopicNames) -> String {
        """
        A mock Kafka cluster with the topics \(names.prefix).*, \(partitions) partitions, until SIGTERM. It is no Kafka: \
        see --help.
        bootstrap.servers \(cluster.bootstrapServers)

        """
    }

    private func jsonText(_ cluster: KafkaMockCluster, _ names: TopicNames) -> String {
        let servers = JSONText.quoted(cluster.bootstrapServers)
        let topics = names.all.map(JSONText.quoted).joined(separator: ",")
        return #"{"bootstrapServers":\#(servers),"partitions":\#(partitions),"topics":[\#(topics)]}"# + "\n"
    }
}

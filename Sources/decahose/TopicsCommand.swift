import ArgumentParser
import Kafka
import Operations
import Services
import Settings

struct TopicsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "topics",
        abstract: "Makes the Kafka topics, and checks them.",
        discussion: """
            EXAMPLES:
              decahose topics create --dry-run
              decahose topics check
            """,
        subcommands: [TopicsCreateCommand.self, TopicsCheckCommand.self, TopicsACLsCommand.self]
    )
}

struct TopicsCreateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create",
        abstract: "Creates all topics with the settings that correctness needs, and says what disk they will take.",
        discussion: """
            Retention, compaction and tombstones follow from dedup.horizon (by default the recovery window of stream.api \
            and 4 h), so run it with the configuration of the roles. Topics that exist are left as they are. The \
            partition count is recorded in the control topic and cannot change under this prefix.

            EXAMPLES:
              decahose topics create --dry-run
              decahose topics create --config decahose.toml --partitions 24 --rate 600
              decahose topics create --replication-factor 1          # a single-broker development cluster
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "Partitions of every topic but control (default: 12, or those of the topics that exist).",
            valueName: "n"
        )
    )
    var partitions: Int?

    @Option(help: ArgumentHelp("Copies of each partition.", valueName: "n"))
    var replicationFactor = 3

    @Option(
        help: ArgumentHelp(
            "How long Tweets are kept, such as 30d (default and least: 7d, or the horizon and a day).",
            valueName: "duration"
        )
    )
    var retention: String?

    @Flag(help: "Only say what would be created, with every setting; the brokers check it.")
    var dryRun = false

    @Option(help: ArgumentHelp("For the forecast of the disk: Tweets a second.", valueName: "n"))
    var rate: Double = 600

    @Option(help: ArgumentHelp("For the forecast: bytes of a Tweet.", valueName: "bytes"))
    var size: Double = 5300

    @Option(help: ArgumentHelp("For the forecast: how far Tweets shrink by compression.", valueName: "ratio"))
    var compression: Double = 3

    @Option(help: ArgumentHelp("For the forecast: redundant connections.", valueName: "n"))
    var connections = 2

    func validate() throws {
        if let partitions, !(1...10000).contains(partitions) {
            throw ValidationError("--partitions \(partitions) is not between 1 and 10000")
        }
        guard (1...99).contains(replicationFactor) else {
            throw ValidationError("--replication-factor \(replicationFactor) is not between 1 and 99")
        }
        guard rate > 0, size > 0, compression >= 1, connections >= 1 else {
            throw ValidationError("--rate, --size and --connections must be above 0, --compression at least 1")
        }
        if let retention, (try? ValueParser.duration(retention)) == nil {
            throw ValidationError("--retention \(retention): a duration such as 12h or 30d was expected")
        }
    }

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let options = TopicCreation.Options(
            partitionCount: partitions,
            replicationFactor: replicationFactor,
            retention: retention.flatMap { try? ValueParser.duration($0) },
            isDryRun: dryRun,
            load: DiskForecast.Load(
                tweetsPerSecond: rate,
                bytesPerTweet: size,
                compressionRatio: compression,
                connections: connections
            )
        )
        try await BlockingThread.run(named: "topics") {
            try TopicCreation(settings, options: options, observer: .silent, say: StandardOutput.write).run()
        }
    }
}

struct TopicsCheckCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Compares a live cluster with what correctness needs: one line a finding.",
        discussion: """
            Each line says what is found, why it matters and what to run. Nothing is changed. Run it with the \
            configuration of the roles, since the horizon decides what is long enough. The exit code is 0 without \
            findings and 1 with some.

            EXAMPLES:
              decahose topics check
              decahose topics check --development --json
            """
    )

    @OptionGroup var common: CommonOptions

    @Flag(help: "Replication does not matter: a cluster of one broker is fine.")
    var development = false

    @Flag(help: "One JSON object instead of lines.")
    var json = false

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let isDevelopment = development
        let findings = try await BlockingThread.run(named: "topics") {
            try ClusterCheck(settings, isDevelopment: isDevelopment, now: WallClock.now(), observer: .silent).findings()
        }
        StandardOutput.write(ClusterCheck.text(findings, isJSON: json))
        if !findings.isEmpty { throw ExitCode(ProcessExit.findings.rawValue) }
    }
}

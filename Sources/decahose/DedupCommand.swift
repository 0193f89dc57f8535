import ArgumentParser
import Operations
import Services
import Settings

struct DedupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dedup",
        abstract: "Turns the raw topic, with its copies, into one record a Tweet, exactly once.",
        discussion: """
            Instances share the partitions of raw as one consumer group. Each needs a name of its own, dedup.instance (by
            default the host's name), which stays the same across restarts. Nothing is kept on disk: the set of seen IDs
            is in the topic <prefix>.seen, and is restored at start. What the set will cost is the first line of the log.

            One that is started again within 10 s, stopped or killed, finds its partitions as it left them, and no other
            instance is disturbed. One that stays away gives them to the others after 10 s; if it was killed in the middle
            of a transaction they go on once Kafka has aborted that, which takes up to 20 s.

            Needs: the topics (decahose topics create). All settings come from a file (--config) or from the environment;
            `config/dedup.toml` shows them, `config/reference.toml` explains them.

            Example:
              DECAHOSE_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 DECAHOSE_DEDUP_INSTANCE=dedup-1 decahose dedup

            Watch: http://127.0.0.1:9102/status, /readyz and /metrics (http.listen).
            SIGTERM commits what is open and exits 0; a second one is immediate.
            Exit codes: 0 done, 69 Kafka cannot be reached at start, 78 configuration (also: the topics are missing or
            have another partition count, another process uses the instance's name, or a set cannot be restored).
            """,
        subcommands: [DedupRunCommand.self, DedupRebuildCommand.self],
        defaultSubcommand: DedupRunCommand.self
    )
}

struct DedupRunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Runs the stage; this is what `decahose dedup` does."
    )

    @OptionGroup var options: CommonOptions

    func run() async throws {
        let settings = try CheckedSettings.read(options.configuration()) { given throws(InvalidConfiguration) in
            try DedupSettings(given, hostName: ProcessEnvironment.hostName)
        }
        let role = RoleProcess(name: "dedup", common: settings.common, listen: settings.listen)
        try await role.run { logger, metrics, board in
            try DedupService(settings, logger: logger, metrics: metrics, board: board)
        }
    }
}

struct DedupRebuildCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rebuild",
        abstract: "Makes the set of seen IDs anew out of the tweets topic, where its changelog cannot be used.",
        discussion: """
            Stop all dedup instances first: it waits up to 30 s for them to leave the group, joins it itself, and refuses
            to work beside anybody. It reads <prefix>.tweets as far back as the horizon demands, and writes the changelog
            afresh, a partition at a time, in a transaction with the offsets that the group had. A deleted ID whose
            tombstone is no longer in the topic is forgotten; where retention of the topic is shorter than the horizon,
            Tweets older than its beginning count as late.

            Example: decahose dedup rebuild
                     decahose dedup rebuild --partition 3 --partition 7
            """
    )

    @OptionGroup var options: CommonOptions

    @Option(
        name: .long,
        help: ArgumentHelp("Only this partition; may be given again (default: all).", valueName: "n")
    )
    var partition: [Int] = []

    func validate() throws {
        if let negative = partition.first(where: { $0 < 0 }) {
            throw ValidationError("--partition \(negative) is negative")
        }
    }

    func run() async throws {
        let settings = try CheckedSettings.read(options.configuration()) { given throws(InvalidConfiguration) in
            try DedupSettings(given, hostName: ProcessEnvironment.hostName)
        }
        let (logger, _) = RoleProcess.bootstrapLogging(name: "dedup-rebuild", common: settings.common)
        let partitions = partition
        try await BlockingThread.run(named: "rebuild") {
            try DedupRebuild(settings, logger: logger, say: StandardOutput.write).run(partitions: partitions)
        }
    }
}

import ArgumentParser
import Operations
import Services
import Settings

struct DedupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "dedup",
        abstract: "Turns the raw topic, with its copies, into one record a Tweet, exactly once.",
        discussion: """
            Instances share the partitions of raw as one consumer group; each needs a name of its own \
            (dedup.instance, default: the host's name), which stays the same across restarts. All state is in Kafka. \
            Settings come from the TOML file and the environment:

            \(ConfigurationReference.help(for: .dedup))

            EXAMPLES:
              decahose dedup --config decahose.toml
              DECAHOSE_DEDUP_INSTANCE=dedup-2 decahose dedup
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try DedupSettings(common.configuration(), hostName: ProcessEnvironment.hostName)
        try await RoleProcess(name: "dedup", common: settings.common, listen: settings.listen).run {
            logger,
            metrics,
            board in
            try DedupService(settings, logger: logger, metrics: metrics, board: board)
        }
    }
}

import ArgumentParser
import Operations
import Services
import Settings
import Tweets

struct BackfillCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backfill",
        abstract: "Asks the coordinator to recover a stretch of event time by hand.",
        discussion: """
            The stretch is rounded outward and cut as the upstream demands. Asking twice changes nothing downstream. It \
            needs coordinator.token_file, with the same token as the coordinator's.

            EXAMPLES:
              decahose backfill --from 2026-11-23T20:00:00Z --to 2026-11-23T21:00:00Z --dry-run
              decahose backfill --from 2026-11-23T20:00:00Z --to 2026-11-23T21:00:00Z --partition 1
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var coordinator: CoordinatorAddress

    @Option(help: ArgumentHelp("The first moment, ISO 8601 with Z or an offset.", valueName: "time"))
    var from: String

    @Option(help: ArgumentHelp("The first moment after it.", valueName: "time"))
    var to: String

    @Option(help: ArgumentHelp("One stream partition (default: all that were ever read).", valueName: "n"))
    var partition: Int?

    @Flag(help: "Only say which jobs would be made.")
    var dryRun = false

    func validate() throws {
        for (name, text) in [("--from", from), ("--to", to)] where Instant(text) == nil {
            throw ValidationError("\(name) \(text): a time such as 2026-11-23T20:00:00Z was expected")
        }
    }

    func run() async throws {
        guard let from = Instant(from), let to = Instant(to), from < to else {
            throw ValidationError("--from must be before --to")
        }
        let (partition, dryRun) = (partition, dryRun)
        try await coordinator.print(common) { client in
            try client.backfill(EventInterval(from: from, to: to), partition: partition, isDryRun: dryRun)
        }
    }
}

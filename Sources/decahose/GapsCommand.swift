import ArgumentParser
import Operations
import Services
import Settings
import Tweets

struct GapsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gaps",
        abstract: "Lists the stretches of event time that no connection delivered, and what became of them.",
        discussion: """
            Read straight from the control topic, so it works with every role down. A gap is open, closed, scheduled, \
            running, filled and settled in turn; withdrawn where it proved to be covered; partial or unrecoverable where \
            it left the recovery window.

            EXAMPLES:
              decahose gaps
              decahose gaps --since 7d --unrecoverable       # the monthly report: what is lost for good
              decahose gaps --json | jq '.gaps[] | select(.state != "settled")'
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: ReportOptions

    @Option(
        help: ArgumentHelp("Only gaps that reach into the last so much event time, such as 7d.", valueName: "duration")
    )
    var since: String?

    @Flag(help: "Only gaps of which something is lost for good.")
    var unrecoverable = false

    func validate() throws {
        try ReportOptions.validate(duration: since, name: "--since")
    }

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let reach = since.flatMap { try? ValueParser.duration($0) }
        try await output.print(settings) { snapshot, isJSON in
            let filter = ControlSnapshot.GapFilter(
                since: reach.map { snapshot.at - $0 },
                isUnrecoverableOnly: unrecoverable
            )
            return isJSON ? snapshot.gapsJSON(filter) : snapshot.gapsTable(filter)
        }
    }
}

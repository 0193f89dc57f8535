import ArgumentParser
import Operations
import Services
import Settings

struct CoverageCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coverage",
        abstract: "Shows how much of event time each connection, and all together, delivered.",
        discussion: """
            Read straight from the control topic, so it works with every role down. stream.delivery_slack must be that of \
            the roles: event time newer than twice the slack is pending and not counted.

            EXAMPLES:
              decahose coverage
              decahose coverage --json
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: ReportOptions

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let slack = settings.deliverySlack
        try await output.print(settings) { snapshot, isJSON in
            isJSON ? snapshot.coverageJSON(slack: slack) : snapshot.coverageTable(slack: slack)
        }
    }
}

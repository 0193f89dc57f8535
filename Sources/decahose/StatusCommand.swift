import ArgumentParser
import Operations
import Services
import Settings

struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract:
            "Tells the redundancy in force, the lag, what every role says of itself, and what is unaccounted for.",
        discussion: """
            Sessions are read from the control topic and watched for 3 s: only a session of which a further record comes \
            is alive. Roles are asked over HTTP where they can be reached.

            EXAMPLES:
              decahose status
              decahose status --json --url http://host-a:9101 --url http://host-b:9101
            """
    )

    @OptionGroup var common: CommonOptions
    @OptionGroup var output: ReportOptions

    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "A role to ask; may be given several times (default: the three default ports on 127.0.0.1).",
            valueName: "url"
        )
    )
    var urls: [String] = []

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let slack = settings.deliverySlack
        let asked = urls.isEmpty ? [9101, 9102, 9103].map { "http://127.0.0.1:\($0)" } : urls
        try await output.print(settings, watching: ControlSnapshot.watchTime) { snapshot, isJSON in
            let status = SystemStatus(snapshot, urls: asked, slack: slack)
            return isJSON ? status.json : status.text
        }
    }
}

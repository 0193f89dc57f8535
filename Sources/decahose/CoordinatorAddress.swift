import ArgumentParser
import Operations
import Services
import Settings

/// Where the coordinator is that shall change something.
struct CoordinatorAddress: ParsableArguments {
    @Option(help: ArgumentHelp("The address of the coordinator that leads.", valueName: "url"))
    var url = "http://127.0.0.1:9103"

    /// A client with the token of the settings (`coordinator.token`, better `coordinator.token_file`).
    func client(_ settings: ToolSettings) throws -> CoordinatorClient {
        CoordinatorClient(
            url: url.hasSuffix("/") ? String(url.dropLast()) : url,
            token: try settings.coordinatorToken?.read().reveal { $0 }
        )
    }
}

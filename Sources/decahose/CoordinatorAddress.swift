import ArgumentParser
import Operations
import Services
import Settings

/// Where the coordinator is that shall change something.
struct CoordinatorAddress: ParsableArguments {
    @Option(
        name: .customLong("url"),
        help: ArgumentHelp(
            "The coordinator that leads, or several of them, of which the one that leads takes it (default: \(Self.standard)).",
            valueName: "url"
        )
    )
    var urls: [String] = []

    @Flag(help: "The coordinator's JSON instead of words.")
    var json = false

    private static let standard = "http://127.0.0.1:9103"

    /// A client with the token of the settings (`coordinator.token`, better `coordinator.token_file`).
    func client(_ settings: ToolSettings) -> CoordinatorClient {
        CoordinatorClient(
            urls: (urls.isEmpty ? [Self.standard] : urls).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 },
            token: settings.coordinatorToken
        )
    }

    /// Asks for a change and prints what came of it.
    func print(
        _ common: CommonOptions,
        _ ask: @escaping @Sendable (CoordinatorClient) throws -> CoordinatorAnswer
    ) async throws {
        let client = client(try CheckedSettings.read(common.configuration(), ToolSettings.init))
        let answer = try await BlockingThread.run(named: "request") { try ask(client) }
        StandardOutput.write(json ? answer.json : answer.text)
    }
}

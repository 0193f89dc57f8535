import ArgumentParser
import Operations
import Services
import Settings

struct BridgeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bridge",
        abstract: "Reads the stream over one redundant connection and hands every message to Kafka.",
        discussion: """
            One process is one full copy: it opens one HTTP connection for each stream partition. Run two or more, on
            different hosts and networks, each with another bridge.connection. A bridge keeps nothing on disk: where it
            stood is in the control topic, so it can start on any host.

            Needs: the topics (decahose topics create), the credentials, and a name. All settings come from a file
            (--config) or from the environment; `config/bridge.toml` shows them, `config/reference.toml` explains them.

            Example, gnip:
              DECAHOSE_BRIDGE_CONNECTION=a DECAHOSE_STREAM_ACCOUNT=acme DECAHOSE_STREAM_USERNAME=ops@acme.example \\
              DECAHOSE_STREAM_PASSWORD_FILE=/run/secrets/x DECAHOSE_KAFKA_BOOTSTRAP_SERVERS=kafka:9092 decahose bridge

            Example, v2:
              DECAHOSE_BRIDGE_CONNECTION=b DECAHOSE_STREAM_API=v2 DECAHOSE_STREAM_BEARER_TOKEN_FILE=/run/secrets/x \\
              decahose bridge

            Watch: http://127.0.0.1:9101/status, /readyz and /metrics (http.listen).
            SIGTERM stops reading, waits for Kafka (bridge.drain_timeout, 25 s), closes the session and exits 0; a second
            one is immediate.
            Exit codes: 0 done, 75 stopped with records unacknowledged, 78 configuration (also: the topics are missing or
            have another partition count, or another bridge uses the name).
            """
    )

    @OptionGroup var options: CommonOptions

    @Flag(
        name: .long,
        help: "Claim the connection's name from a bridge that still uses it; that one closes and exits 78."
    )
    var takeOver = false

    func run() async throws {
        let settings = try CheckedSettings.read(options.configuration(), BridgeSettings.init)
        let role = RoleProcess(name: "bridge", common: settings.common, listen: settings.listen)
        try await role.run { logger, metrics, board in
            BridgeService(
                settings: settings,
                takesOver: takeOver,
                logger: logger,
                metrics: metrics,
                board: board
            )
        }
    }
}

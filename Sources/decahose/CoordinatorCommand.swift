import ArgumentParser
import Operations
import Services
import Settings
import StatusServer

struct CoordinatorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "coordinator",
        abstract: "Finds what no connection received, asks the upstream for it, and keeps the ledger of it.",
        discussion: """
            It follows the control topic, in which bridges tell what they delivered. Event time that nobody covers is a \
            gap; a gap is asked for as a recovery job, whose Tweets go into the raw topic on the path of live ones. Any \
            number may run, on any host: one leads, the others stand by. All state is in Kafka.

            Settings: stream.* (as for the bridges), coordinator.max_concurrent_jobs (default 2), \
            coordinator.recovery_rate (Tweets a second; default three times the live rate), coordinator.token (none: \
            changes over HTTP are off), http.listen (default 127.0.0.1:9103; serves the page at / and /status /gaps /jobs /coverage \
            /census /metrics /healthz /readyz).

            EXAMPLES:
              decahose coordinator --config coordinator.toml
              DECAHOSE_STREAM_API=v2 DECAHOSE_STREAM_BEARER_TOKEN_FILE=token decahose coordinator
            """
    )

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), CoordinatorSettings.init)
        let process = RoleProcess(
            name: "coordinator",
            common: settings.common,
            listen: settings.listen,
            token: settings.token
        )
        try await process.run { logger, metrics, board in
            Dashboard.show(on: board)
            return CoordinatorService(settings: settings, logger: logger, metrics: metrics, board: board)
        }
    }
}

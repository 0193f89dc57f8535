import ArgumentParser
import FoundationEssentials
import Glibc
import Logging
import Operations
import ServiceLifecycle
import Settings
import Simulator
import Tweets
import UnixSignals
import World

struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate",
        abstract: "The upstream, simulated: streams, recoveries and faults on command, with the ground truth.",
        discussion: """
            Prints its URL as one line on standard output; give it to a bridge as stream.base_url and
            stream.recovery_base_url. Beside the API's own paths it serves /status, /connections, /truth and /faults.

            Example: decahose simulate --listen 127.0.0.1:8080 --dialect v2 --rate 600
                     curl -H 'Authorization: Bearer decahose' --compressed -N \\
                       'http://127.0.0.1:8080/2/tweets/sample10/stream?partition=1&backfill_minutes=2'
                     curl -d '[{"kind":"drop","partition":1,"after":10}]' http://127.0.0.1:8080/faults
                     curl 'http://127.0.0.1:8080/truth?format=ids'
            """
    )

    @Option(help: "Where to listen, host:port; port 0 picks a free one.")
    var listen = "127.0.0.1:0"

    @Flag(help: "Print the URL as JSON: {\"url\":…,\"port\":…}.")
    var json = false

    @OptionGroup(title: "World")
    var world: SimulatedWorldOptions

    @OptionGroup(title: "Behaviour")
    var behaviour: SimulatedBehaviourOptions

    func run() async throws {
        let address = try ValueParser.address(listen)
        var options = SimulatorOptions()
        options.host = address.host
        options.port = address.port
        options.world = try world.options()
        try behaviour.fill(&options)
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, format: .text, level: .warning) }
        signal(SIGPIPE, SIG_IGN)
        let (host, json) = (address.host, json)
        let server = SimulatorServer(options: options, logger: Logger(label: "simulate")) { port in
            let url = "http://\(ListenAddress(host: host, port: port))"
            StandardOutput.write(json ? "{\"url\":\"\(url)\",\"port\":\(port)}\n" : url + "\n")
        }
        let group = ServiceGroup(
            configuration: .init(
                services: [.init(service: server)],
                gracefulShutdownSignals: [.sigterm, .sigint],
                logger: Logger(label: "simulate")
            )
        )
        SecondSignal.install()
        try await group.run()
    }
}

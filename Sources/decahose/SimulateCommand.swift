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
            Prints its URL as one line on standard output; give it to a bridge as stream.base_url and \
            stream.recovery_base_url. Beside the API's own paths it serves /status, /connections, /truth?from=&to= \
            (format json, ndjson or ids) and /faults (GET, POST a list, DELETE).

            Example:
              decahose simulate --listen 127.0.0.1:8080 --dialect v2 --rate 600
              U=http://127.0.0.1:8080
              curl -H 'Authorization: Bearer decahose' --compressed -N \\
                "$U/2/tweets/sample10/stream?partition=1&backfill_minutes=2"
              curl -d '[{"kind":"drop","partition":1,"after":10}]' $U/faults
              curl "$U/truth?format=ids"

            Faults: \(FaultKind.allCases.map(\.rawValue).joined(separator: ", ")). Each can be aimed by "connection" \
            (its number, or its name: header X-Connection-Name, or in brackets at the end of the User-Agent), "place" \
            (0 or 1, the redundant copy), "partition" and "role" (live, recovery, compliance), and timed by "after" and \
            "duration" in seconds or by "count". An example of each:
              {"kind":"stall","duration":40}
              {"kind":"silence","connection":"b"}
              {"kind":"slow","bytes_per_second":9000}
              {"kind":"status","status":429,"retry_after":9,"count":3}
              {"kind":"message","message":"operational"}
              {"kind":"full-buffer","with_message":false}
              {"kind":"truncated-gzip"}
              {"kind":"junk","junk":["nul","giant-line"]}
              {"kind":"backfill","mode":"partial","seconds":30}
                                        modes: ignored, partial, cut, thin
              {"kind":"recovery","mode":"minutes","seconds":60}
                                        modes: fail, cut, timeout, minutes
              {"kind":"withhold","share":0.02}
              {"kind":"lag","seconds":300,"ramp":60}
            """
    )

    @Option(
        help: "Where to listen, host:port; port 0 picks a free one. (default: 127.0.0.1:0)",
        transform: OptionValue.address
    )
    var listen = ListenAddress(host: "127.0.0.1", port: 0)

    @Flag(help: "Print the URL as JSON: {\"url\":…,\"port\":…}.")
    var json = false

    @OptionGroup(title: "World")
    var world: SimulatedWorldOptions

    @OptionGroup(title: "Behaviour")
    var behaviour: SimulatedBehaviourOptions

    func run() async throws {
        var options = SimulatorOptions()
        options.host = listen.host
        options.port = listen.port
        options.world = try world.options()
        try behaviour.fill(&options)
        LoggingSystem.bootstrap { label in LineLogHandler(label: label, format: .text, level: LogLevel(.warning)) }
        signal(SIGPIPE, SIG_IGN)
        let (host, json) = (listen.host, json)
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

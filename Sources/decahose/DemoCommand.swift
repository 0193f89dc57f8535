import ArgumentParser
import Demo
import FoundationEssentials
import Operations
import Synchronization
import UnixSignals

struct DemoCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "demo",
        abstract: "Shows everything on this machine: kills bridges, opens a gap, closes it, and counts every Tweet.",
        discussion: """
            Starts a simulated upstream, a mock Kafka cluster, two bridges, dedup and the coordinator as processes on \
            loopback, plays five acts, and compares what a read_committed consumer got with what the upstream sent. \
            Nothing outside this machine is touched. You may kill -9 a bridge or the coordinator yourself meanwhile: it is \
            started again, and the report must still say 0 missing, 0 duplicated, 0 resurrected.

            The exit code is 0 only if those three are 0 and every act really happened.

            EXAMPLES:
              decahose demo
              decahose demo --seconds 300 --rate 2000 --report report.json
              decahose demo --brokers localhost:9092 --corpus tweets.ndjson
            """
    )

    @Option(help: ArgumentHelp("About how long, in seconds, at least \(DemoTimetable.secondsMin).", valueName: "s"))
    var seconds = 120

    @Option(help: ArgumentHelp("Tweets a second of the upstream, 10 to 5000.", valueName: "n"))
    var rate = 400

    @Option(help: ArgumentHelp("The seed of the upstream: the same seed sends the same Tweets.", valueName: "n"))
    var seed: UInt64 = 1

    @Option(help: ArgumentHelp("Real payload lines as templates; IDs and times are rewritten.", valueName: "file"))
    var corpus: String?

    @Option(
        help: ArgumentHelp(
            "A real Kafka instead of the mock cluster; topics of their own are made.",
            valueName: "host:port"
        )
    )
    var brokers: String?

    @Option(help: ArgumentHelp("Replicas of the topics on a real Kafka.", valueName: "n"))
    var replicationFactor = 1

    @Option(help: ArgumentHelp("Kafka partitions of raw, tweets and seen, 1 to 64.", valueName: "n"))
    var partitions = 6

    @Option(help: ArgumentHelp("Where the report is written as JSON.", valueName: "file"))
    var report: String?

    @Flag(help: "Lines instead of a picture, also in a terminal.")
    var plain = false

    func validate() throws {
        guard seconds >= DemoTimetable.secondsMin else {
            throw ValidationError("--seconds \(seconds): five acts need at least \(DemoTimetable.secondsMin) s")
        }
        guard (10...5000).contains(rate) else { throw ValidationError("--rate \(rate) is not between 10 and 5000") }
        guard (1...64).contains(partitions) else { throw ValidationError("--partitions \(partitions) is not 1 to 64") }
        if let corpus, !FileManager.default.isReadableFile(atPath: corpus) {
            throw ValidationError("--corpus \(corpus): the file is missing or may not be read")
        }
    }

    func run() async throws {
        let stop = StopFlag()
        stop.watchSignals()
        let folder =
            FileManager.default.temporaryDirectory.path + "/decahose-demo-\(ProcessInfo.processInfo.processIdentifier)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        let options = DemoOptions(
            seconds: seconds,
            rate: rate,
            seed: seed,
            corpus: corpus,
            brokers: brokers,
            replicationFactor: replicationFactor,
            partitions: partitions,
            folder: folder,
            isLive: StandardOutput.isTerminal && !plain,
            isStopped: { stop.isSet }
        )
        let result = try await BlockingThread.run(named: "demo") { try DemoRunner(options).run() }
        StandardOutput.write(result.text)
        if let report {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            try encoder.encode(result).write(to: URL(filePath: report))
            StandardOutput.write("The report as JSON: \(report)\n")
        }
        guard result.passed else { throw ExitError(.findings, "The output of all processes: \(folder)") }
        try? FileManager.default.removeItem(atPath: folder)
    }
}

/// Set by the first SIGINT or SIGTERM.
private final class StopFlag: Sendable {
    private let flag = Atomic<Bool>(false)

    var isSet: Bool { flag.load(ordering: .relaxed) }

    func watchSignals() {
        Task.detached {
            for await _ in await UnixSignalsSequence(trapping: .sigterm, .sigint) {
                self.flag.store(true, ordering: .relaxed)
            }
        }
    }
}

import ArgumentParser
import Kafka
import Operations
import Services
import Settings
import Tweets

struct TailCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tail",
        abstract: "Follows the clean topic: a line a Tweet with its time, ID, connection and lag.",
        discussion: """
            It reads <prefix>.tweets as consumers should, with isolation.level=read_committed, and commits nothing. The \
            lag is the time from the Tweet's creation to the moment when its first copy was received. The values \
            themselves are read with kcat or any other consumer.

            EXAMPLES:
              decahose tail
              decahose tail --from 10m --count 20
              decahose tail --from beginning --json | jq -r 'select(.source == "recovery") | .id'
            """
    )

    @OptionGroup var common: CommonOptions

    @Option(
        help: ArgumentHelp(
            "Where to begin: end, beginning, a time (2026-11-23T20:00:00Z), or so long ago (10m). Times are those of the "
                + "Tweets' creation.",
            valueName: "where"
        )
    )
    var from = "end"

    @Option(help: ArgumentHelp("End after so many records (default: go on until interrupted).", valueName: "n"))
    var count: Int?

    @Flag(help: "One JSON object a record instead of columns.")
    var json = false

    func validate() throws {
        _ = try start()
        if let count, count < 1 { throw ValidationError("--count \(count) is not above 0") }
    }

    func run() async throws {
        let settings = try CheckedSettings.read(common.configuration(), ToolSettings.init)
        let (start, count, isJSON) = (try start(), count, json)
        try await BlockingThread.run(named: "tail") {
            if !isJSON { StandardOutput.write(TweetLine.heading + "\n") }
            try TweetTail(settings, observer: .silent).follow(from: start, count: count) { line in
                StandardOutput.write((isJSON ? line.json : line.text) + "\n")
            }
        }
    }

    private func start() throws -> TweetTail.Start {
        switch from {
        case "end": return .end
        case "beginning": return .beginning
        default:
            if let moment = Instant(from) { return .time(moment) }
            if let ago = try? ValueParser.duration(from) { return .time(WallClock.now() - ago) }
            throw ValidationError("--from \(from): end, beginning, a time or a duration such as 10m was expected")
        }
    }
}

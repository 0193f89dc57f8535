import Glibc
import Tweets

/// Whole-process benchmarks: the real executable beside what it is measured against.
///
///     ProcessBenchmarks [--full] [--only bridge|memory|pipes|allocations] [--decahose <path>] [<file of payload lines>]
@main
enum ProcessBenchmarks {
    static func main() {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        let lines = options.payloads.flatMap(Payloads.read) ?? Payloads.generated()
        let now = Instant(seconds: Int64(time(nil)))
        guard let body = TweetBody(lines: lines, memberCount: options.memberCount, start: now) else {
            stop("'\(options.payloads ?? "")' holds a line that is no Tweet")
        }
        describe(body, options)
        let feeder = StreamFeeder(body)
        let bridge = BridgeContender(decahose: options.decahose, log: "\(options.directory)/bridge.log")
        Verification.run(bridge, body: body, feeder: feeder)
        let stage = Stage(body: body, feeder: feeder, broker: Broker(decahose: options.decahose, partitionCount: 6))
        let benchmarks = BridgeBenchmarks(bridge: bridge, stage: stage, options: options)
        if options.includes("bridge") { benchmarks.floor() }
        if options.includes("memory") { benchmarks.memory() }
        if options.includes("pipes") { benchmarks.pipes() }
        if options.includes("allocations"), !benchmarks.allocations() { exit(1) }
    }

    private static func describe(_ body: TweetBody, _ options: Options) {
        let ratio = Double(body.plainBytes) / Double(body.compressedBytes)
        let bytes = Double(body.plainBytes) / Double(body.tweetCount) / 1000
        print(
            "\(body.tweetCount) Tweets of \(Spread.rounded(bytes, 1)) KB (\(options.payloads ?? "generated")), gzip "
                + "\(Spread.rounded(ratio, 1)) fold, load \(loadAverage)"
        )
        fflush(nil)
    }

    /// What the machine is doing: processes that want to run, over one minute.
    static var loadAverage: String {
        var loads = [0.0]
        return getloadavg(&loads, 1) == 1 ? Spread.rounded(loads[0], 1) : "unknown"
    }
}

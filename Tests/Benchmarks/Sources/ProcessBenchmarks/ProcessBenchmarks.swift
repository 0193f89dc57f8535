import Glibc
import Tweets

/// Whole-process benchmarks: the real executable beside what it is measured against.
///
///     ProcessBenchmarks [--full] [--only <benchmark>] [--decahose <path>] [<file of payload lines>]
@main
enum ProcessBenchmarks {
    static func main() {
        let options = Options(Array(CommandLine.arguments.dropFirst()))
        let lines = options.payloads.flatMap(Payloads.read) ?? Payloads.generated()
        let isGood = bridge(options, lines)
        dedup(options, lines)
        if !isGood { exit(1) }
    }

    /// - Returns: Whether no limit was passed.
    private static func bridge(_ options: Options, _ lines: [[UInt8]]) -> Bool {
        guard Options.ofBridge.contains(where: options.includes) else { return true }
        guard let source = TweetSource(lines: lines, start: Instant(seconds: Int64(time(nil)))) else {
            stop("'\(options.payloads ?? "")' holds a line that is no Tweet")
        }
        let body = TweetBody(source, memberCount: options.memberCount)
        describe(body, options)
        let feeder = StreamFeeder(body)
        let bridge = BridgeContender(decahose: options.decahose, log: "\(options.directory)/bridge.log")
        Verification.run(bridge, body: body, feeder: feeder)
        let stage = Stage(body: body, feeder: feeder, broker: Broker(decahose: options.decahose, partitionCount: 6))
        let benchmarks = BridgeBenchmarks(bridge: bridge, stage: stage, options: options)
        if options.includes("bridge") { benchmarks.floor() }
        if options.includes("memory") { benchmarks.memory() }
        if options.includes("pipes") { benchmarks.pipes() }
        return !options.includes("allocations") || benchmarks.allocations()
    }

    private static func dedup(_ options: Options, _ lines: [[UInt8]]) {
        let wanted = Options.ofDedup.filter(options.includes)
        guard !wanted.isEmpty else { return }
        guard let kafka = RealKafka(decahose: options.decahose) else {
            for name in wanted {
                print("\(name): SKIPPED, it needs a real Kafka: set DECAHOSE_TEST_BROKERS=host:port or KAFKA_HOME")
            }
            return
        }
        let benchmarks = DedupBenchmarks(options: options, kafka: kafka, lines: lines)
        if options.includes("dedup") { benchmarks.floor() }
        if options.includes("latency") { benchmarks.latency() }
        if options.includes("failover") { benchmarks.failover() }
        if options.includes("restore") { benchmarks.restore() }
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

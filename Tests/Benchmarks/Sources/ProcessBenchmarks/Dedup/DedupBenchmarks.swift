import Glibc
import Tweets

/// The figures of the dedup stage, on a real Kafka.
struct DedupBenchmarks {
    let options: Options
    let kafka: RealKafka
    let lines: [[UInt8]]

    static let partitionCount = 6

    var log: String { "\(options.directory)/dedup.log" }

    /// CPU an input record, two copies of each Tweet, against passing them all on.
    func floor() {
        let dedup = DedupContender(decahose: options.decahose, kafka: kafka, log: log)
        let floor = DedupFloorContender(directory: options.directory, kafka: kafka)
        // Each pair has a raw topic of its own; whoever comes first of a pair fills it.
        var stage: (names: TopicNames, copies: RawCopies)?
        func next() -> (names: TopicNames, copies: RawCopies) {
            if let filled = stage {
                stage = nil
                return filled
            }
            let filled = fill()
            stage = filled
            return filled
        }
        func run(_ body: (TopicNames, RawCopies) -> Run) -> Run {
            let (names, copies) = next()
            let run = body(names, copies)
            if stage == nil { kafka.deleteTopics(names.all) }
            return run
        }
        let runs = PairedRuns(
            tweetCount: 2 * options.dedupTweetCount,
            runs: options.runs,
            { run(dedup.run) },
            { run(floor.run) }
        )
        let perSecond = Spread(runs.first.map { Double(runs.tweetCount) / $0.seconds })
        let resident = Spread(runs.first.map { Double($0.memory?.besideMax ?? 0) / 1e6 })
        print(
            "dedup, CPU an input record: \(runs.microseconds(runs.first).text(1)) µs, \(perSecond.text(0)) records/s, "
                + "resident at most \(resident.text(0)) MB beside its set, goal ≤ 100; bare C pass-through in transactions: "
                + "\(runs.microseconds(runs.second).text(1)) µs; ratio \(runs.ratios.text(2)), goal ≤ 0.75; "
                + "\(runs.first.count) pairs of \(runs.tweetCount) records, verified, "
                + "load \(ProcessBenchmarks.loadAverage)"
        )
        fflush(nil)
    }

    private func fill() -> (names: TopicNames, copies: RawCopies) {
        guard let source = TweetSource(lines: lines, start: Instant(seconds: Int64(time(nil)) - 120)) else {
            stop("a payload line is no Tweet")
        }
        let copies = RawCopies(
            source: source,
            tweetCount: options.dedupTweetCount,
            partitionCount: Self.partitionCount
        )
        let names = kafka.makeTopics("bench", partitionCount: Self.partitionCount)
        copies.write(to: names, kafka)
        return (names, copies)
    }
}

extension DedupBenchmarks {
    /// From the socket to the reader.
    func latency() {
        for result in latencyBenchmark.run() {
            print(
                "latency, the upstream's send to a read_committed reader of tweets, "
                    + "\(LatencyBenchmark.tweetsPerSecond) Tweets/s on each of \(LatencyBenchmark.connections.count) "
                    + "connections: p50 \(Spread.rounded(result.median, 0)) ms, goal ≤ 80; p99 "
                    + "\(Spread.rounded(result.ninetyNine, 0)) ms, goal ≤ 200; most \(Spread.rounded(result.most, 0)) ms; "
                    + "\(result.count) Tweets, each once; all of it on this machine, load \(ProcessBenchmarks.loadAverage)"
            )
        }
        fflush(nil)
    }

    /// The same, with one of two bridges killed half-way.
    func failover() {
        let results = latencyBenchmark.run(killsBridge: true)
        let texts = results.map { "p50 \(Spread.rounded($0.median, 0)), p99 \(Spread.rounded($0.ninetyNine, 0)) ms" }
        print(
            "failover, kill -9 of one of two bridges at \(LatencyBenchmark.tweetsPerSecond) Tweets/s: 0 lost, 0 duplicated; "
                + "latency before \(texts[0]), after \(texts[1]), goal: unchanged; load \(ProcessBenchmarks.loadAverage)"
        )
        fflush(nil)
    }

    private var latencyBenchmark: LatencyBenchmark {
        // A little ahead, for the time that compressing takes.
        guard let source = TweetSource(lines: lines, start: Instant(seconds: Int64(time(nil)))) else {
            stop("a payload line is no Tweet")
        }
        return LatencyBenchmark(decahose: options.decahose, kafka: kafka, directory: options.directory, source: source)
    }

    /// From an empty process to a whole set.
    func restore() {
        for (count, goal) in [(10_000_000, 3), (50_000_000, 15)] {
            let benchmark = RestoreBenchmark(
                contender: DedupContender(decahose: options.decahose, kafka: kafka, log: log),
                kafka: kafka,
                idCount: count
            )
            let result = benchmark.run()
            print(
                "restore of \(count / 1_000_000) million IDs out of \(result.recordCount) changelog records, from the "
                    + "process's start: \(Spread.rounded(result.seconds, 1)) s, from the assignment on "
                    + "\(Spread.rounded(result.restoreSeconds, 1)) s, goal ≤ \(goal); "
                    + "\(Spread.rounded(result.cpuSeconds, 1)) s of CPU; set \(result.memory.set / 1_000_000) MB, "
                    + "resident beside it at most \(result.memory.besideMax / 1_000_000) MB, afterwards "
                    + "\(result.memory.besideNow / 1_000_000) MB, goal ≤ 100; verified, "
                    + "load \(ProcessBenchmarks.loadAverage)"
            )
            fflush(nil)
        }
    }
}

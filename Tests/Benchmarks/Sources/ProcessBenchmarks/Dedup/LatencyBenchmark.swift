import Glibc
import Kafka
import Synchronization
import Tweets

/// From the upstream's socket to a read_committed reader of `tweets`, through two bridges, raw and dedup.
///
/// A Tweet's time begins when the member that holds it is handed to the socket of the connection whose copy was emitted,
/// and ends when the reader has it: HTTP, gzip, both Kafka topics, both producers' batching and the transaction are
/// included. All processes, the broker and the upstream share this machine.
struct LatencyBenchmark {
    let decahose: String
    let kafka: RealKafka
    let directory: String
    let source: TweetSource

    static let connections = ["a", "b"]
    static let tweetsPerSecond = 5000
    /// A live server flushes as often as this.
    static let tick: Duration = .milliseconds(10)
    /// The first seconds, in which everything warms up, are left out.
    static let warmUp = 5
    static let seconds = 25

    private static let partitionCount = 6

    /// Latencies in milliseconds, by which 50, 99 and all of 100 had arrived.
    struct Result {
        let median: Double
        let ninetyNine: Double
        let most: Double
        let count: Int
    }

    /// - Parameter killsBridge: Whether the first bridge is killed when half of the Tweets have arrived.
    /// - Returns: How long it took; with a kill, up to the kill and from then on.
    func run(killsBridge: Bool = false) -> [Result] {
        let ticksPerSecond = Int(Duration.seconds(1) / Self.tick)
        let body = TweetBody(
            source,
            memberCount: Self.seconds * ticksPerSecond,
            tweetsPerMember: Self.tweetsPerSecond / ticksPerSecond
        )
        let names = kafka.makeTopics("latency", partitionCount: Self.partitionCount)
        defer { kafka.deleteTopics(names.all) }
        let pace = Pace(memberCount: body.members.count, tick: Self.tick)
        let dedup = DedupContender(decahose: decahose, kafka: kafka, log: "\(directory)/dedup.log").start(names)
        let bridges = Self.connections.enumerated().map { index, connection in
            startBridge(connection, StreamFeeder(body), body, names) { member in pace.wait(for: member, of: index) }
        }
        let victim = killsBridge ? bridges.first : nil
        let survivors = Array(bridges.dropFirst(killsBridge ? 1 : 0)) + [dedup]
        let arrivals = read(names, body, pace, survivors, killing: victim)
        for process in survivors { process.signal(SIGTERM) }
        for process in survivors where process.wait().status != 0 {
            stop("a role did not end as it should; see the logs in \(directory)")
        }
        if let victim { _ = victim.wait() }
        let first = Self.warmUp * Self.tweetsPerSecond
        let middle = body.tweetCount / 2
        let parts = killsBridge ? [first..<middle, middle..<body.tweetCount] : [first..<body.tweetCount]
        return parts.map { result($0, arrivals, body, pace) }
    }

    private func startBridge(
        _ connection: String,
        _ feeder: StreamFeeder,
        _ body: TweetBody,
        _ names: TopicNames,
        _ beforeMember: @escaping @Sendable (Int) -> Void
    ) -> ChildProcess {
        feeder.serveNext(
            memberCount: body.members.count,
            endsAnswer: false,
            beforeMember: beforeMember,
            onRequest: {}
        )
        let own = [
            "DECAHOSE_STREAM_API": "gnip", "DECAHOSE_STREAM_BASE_URL": feeder.url, "DECAHOSE_STREAM_ACCOUNT": "bench",
            "DECAHOSE_STREAM_USERNAME": "bench", "DECAHOSE_STREAM_PASSWORD": "bench",
            "DECAHOSE_STREAM_PARTITIONS": "1", "DECAHOSE_STREAM_BACKFILL": "false",
            "DECAHOSE_BRIDGE_CONNECTION": connection,
        ]
        return ChildProcess(
            [decahose, "bridge"],
            environment: kafka.environment(names).merging(own) { $1 },
            errors: "\(directory)/bridge.log"
        )
    }

    /// When each Tweet was read, and of which connection its copy was.
    private func read(
        _ names: TopicNames,
        _ body: TweetBody,
        _ pace: Pace,
        _ processes: [ChildProcess],
        killing victim: ChildProcess?
    ) -> [(time: ContinuousClock.Instant, connection: Int)?] {
        var arrivals = [(time: ContinuousClock.Instant, connection: Int)?](repeating: nil, count: body.tweetCount)
        var missing = body.tweetCount
        let deadline = ContinuousClock.now + .seconds(Self.seconds + 90)
        attempt("reading \(names.tweets)") { () throws(KafkaError) in
            let reader = try KafkaConsumer(kafka.properties.merging(RealKafka.readerProperties), observer: .silent)
            try reader.assign(
                RealKafka.partitions(names.tweets, Self.partitionCount).map {
                    KafkaPosition($0, offset: KafkaPosition.beginning)
                }
            )
            while missing > 0 {
                guard processes.allSatisfy(\.isRunning), .now < deadline else {
                    stop("\(missing) Tweets did not arrive; see the logs in \(directory)")
                }
                // A batch of the reader's is timed one by one: each has arrived when it can be used.
                while case .message(let message) = reader.poll(timeout: .milliseconds(100)) {
                    guard let key = message.key, let id = TweetID(decimal: key),
                        let number = body.source.number(of: id, count: body.tweetCount)
                    else { stop("a record in tweets has a key that is no Tweet's") }
                    if arrivals[number] != nil { stop("Tweet \(id) is in tweets twice") }
                    let header = message.header(RecordHeader.name).flatMap { RecordHeader($0) }
                    guard let index = Self.connections.firstIndex(of: header?.connection ?? "") else {
                        stop("Tweet \(id) came by no connection")
                    }
                    arrivals[number] = (ContinuousClock.now, index)
                    missing -= 1
                    if missing == body.tweetCount / 2 { victim?.signal(SIGKILL) }
                }
            }
        }
        return arrivals
    }

    private func result(
        _ numbers: Range<Int>,
        _ arrivals: [(time: ContinuousClock.Instant, connection: Int)?],
        _ body: TweetBody,
        _ pace: Pace
    ) -> Result {
        var milliseconds: [Double] = []
        for number in numbers {
            guard let arrival = arrivals[number] else { continue }
            let sent = pace.sent(number / body.tweetsPerMember, of: arrival.connection)
            milliseconds.append((arrival.time - sent) / .milliseconds(1))
        }
        milliseconds.sort()
        return Result(
            median: milliseconds[milliseconds.count / 2],
            ninetyNine: milliseconds[milliseconds.count * 99 / 100],
            most: milliseconds[milliseconds.count - 1],
            count: milliseconds.count
        )
    }
}

/// Sends the members of all connections by one clock, which begins when the last connection is there.
private final class Pace: Sendable {
    private struct State {
        var begin: ContinuousClock.Instant?
        var waiting = 0
        var sent: [[ContinuousClock.Instant]]
    }

    private let tick: Duration
    private let state: Mutex<State>

    init(memberCount: Int, tick: Duration) {
        self.tick = tick
        let none = [ContinuousClock.Instant](repeating: ContinuousClock.now, count: memberCount)
        state = Mutex(State(sent: LatencyBenchmark.connections.map { _ in none }))
    }

    /// Returns when it is time for a member, and notes when that was.
    func wait(for member: Int, of connection: Int) {
        if member == 0 { awaitOthers() }
        let due = (state.withLock { $0.begin } ?? ContinuousClock.now) + tick * member
        let left = due - ContinuousClock.now
        // The pace of a live server: a member is sent when it is due, not when the socket has room.
        if left > .zero { usleep(UInt32(left / .microseconds(1))) }
        state.withLock { $0.sent[connection][member] = ContinuousClock.now }
    }

    func sent(_ member: Int, of connection: Int) -> ContinuousClock.Instant {
        state.withLock { $0.sent[connection][member] }
    }

    private func awaitOthers() {
        state.withLock { state in
            state.waiting += 1
            // Dedup, started before, needs a moment longer to join its group; what comes before that is the warm-up.
            if state.waiting == LatencyBenchmark.connections.count { state.begin = ContinuousClock.now + .seconds(1) }
        }
        // On a thread of the feeder's own, once, before anything is measured.
        while state.withLock({ $0.begin == nil }) { usleep(1000) }
    }
}

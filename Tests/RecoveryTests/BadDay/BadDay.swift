import Dedup
import Recovery
import Tweets
import World

/// A bad day at its true length on a virtual clock: the product's own coverage rule, dedup, ledger, planner and jobs
/// between a simulated world and a Replay with the documented limits.
///
/// | from | what happens |
/// | --- | --- |
/// | 0:10, 0:15 | each bridge is restarted, one after the other |
/// | 0:25 | the coordinator dies |
/// | 0:30 | both bridges are away for 7 minutes |
/// | 0:50 | 2 % of what a reads is kept back for 8 minutes |
/// | 1:10 | 2 % of what each of them reads is kept back for 8 minutes, of either something else |
/// | 1:30 | Kafka is away for 10 minutes; buffers are full after a minute |
/// | 2:00 | both bridges are killed, and come back after 3 hours |
/// | 5:20 | a coordinator starts; for 4 minutes from its first request on, Replay answers with 503 |
struct BadDay {
    /// One request to Replay and how it ended.
    struct Attempt {
        var range: EventInterval
        var madeAt: Int64
        var isCompleted: Bool
    }

    private struct Replay {
        var request: JobRequest
        var feed: RecoveryFeed
        var progress = BackfillProgress()
        var reached: Instant
    }

    static let minute: Int64 = 60
    static let hour: Int64 = 3600

    let world: World
    private(set) var bench = CoordinatorBench(limits: .gnip)
    private(set) var attempts: [Attempt] = []
    /// How often each Tweet came out of dedup.
    private(set) var emitted: [TweetID: Int] = [:]
    /// Tweets that were kept back from each connection.
    private(set) var withheld: [String: Int] = [:]
    private(set) var second: Int64 = 0
    private var bridges = [DayBridge(name: "a", copy: 0), DayBridge(name: "b", copy: 1)]
    private var cores: [DedupCore]
    private var origins = OriginReader()
    private var rawEnds: [Int64]
    private var isKafkaThere = true
    private var kafkaAwaySince: Int64 = 0
    private var isCoordinatorAlive = true
    private var replays: [String: Replay] = [:]
    private var firstRequestAt: Int64?
    private var recovering = 0

    init(seed: UInt64, kafkaPartitions: Int = 3) {
        var options = WorldOptions()
        options.seed = seed
        options.start = midnight
        options.rate = 4
        world = World(options)
        let timing = DedupTiming(
            horizon: .seconds(6 * 86400),
            recoveryWindow: .seconds(5 * 86400),
            deliverySlack: .seconds(120)
        )
        cores = Array(repeating: DedupCore(timing: timing), count: kafkaPartitions)
        rawEnds = Array(repeating: 0, count: kafkaPartitions)
        bench.core.startLeading(at: clock(0))
        for index in bridges.indices { bridges[index].connect(at: 0, world) }
    }

    /// Plays the script, and on until every gap has ended or a limit is reached.
    mutating func play(until limit: Int64 = 8 * hour) {
        while second < limit {
            second += 1
            bench.second = second
            follow(script: second)
            for index in bridges.indices {
                let name = bridges[index].name
                var lost = 0
                bridges[index].read(at: second) { delivery in
                    guard Self.isWithheld(delivery, from: name, at: second) else { return false }
                    lost += 1
                    return true
                }
                if lost > 0 { withheld[name, default: 0] += lost }
            }
            if isKafkaThere { passThroughKafka() }
            if isCoordinatorAlive, isKafkaThere { coordinate() }
            if second > 5 * Self.hour + 30 * Self.minute, isOver { return }
        }
    }

    /// Whether no gap is left that something is still to be done for.
    var isOver: Bool {
        replays.isEmpty && bench.core.gaps.allSatisfy { $0.state == .settled || $0.state == .withdrawn }
    }

    // MARK: The script

    private mutating func follow(script second: Int64) {
        switch second {
        case 10 * Self.minute: bridges[0].disconnect(at: second, .shutdown)
        case 10 * Self.minute + 20: bridges[0].connect(at: second, world)
        case 15 * Self.minute: bridges[1].disconnect(at: second, .shutdown)
        case 15 * Self.minute + 20: bridges[1].connect(at: second, world)
        case 25 * Self.minute: isCoordinatorAlive = false
        case 30 * Self.minute: for index in bridges.indices { bridges[index].disconnect(at: second, .tcp) }
        case 37 * Self.minute: for index in bridges.indices { bridges[index].connect(at: second, world) }
        case 90 * Self.minute:
            isKafkaThere = false
            kafkaAwaySince = second
        case 91 * Self.minute: for index in bridges.indices { bridges[index].disconnect(at: second, .fullBuffer) }
        case 100 * Self.minute:
            isKafkaThere = true
            for index in bridges.indices { bridges[index].connect(at: second, world) }
        case 2 * Self.hour: for index in bridges.indices { bridges[index].kill() }
        case 5 * Self.hour: for index in bridges.indices { bridges[index].connect(at: second, world) }
        case 5 * Self.hour + 20 * Self.minute:
            isCoordinatorAlive = true
            bench.replaceCoordinator()
        default: break
        }
    }

    private static func isWithheld(_ delivery: Delivery, from name: String, at second: Int64) -> Bool {
        guard delivery.content == .tweet else { return false }
        let isOneLossy = (50 * minute..<58 * minute).contains(second) && name == "a"
        let areBothLossy = (70 * minute..<78 * minute).contains(second)
        guard isOneLossy || areBothLossy else { return false }
        return (delivery.id.rawValue &* 0x9E37_79B9_7F4A_7C15) >> 32 % 50 == (name == "a" ? 0 : 1)
    }

    // MARK: Kafka and dedup

    private mutating func passThroughKafka() {
        for index in bridges.indices {
            var bridge = bridges[index]
            let name = bridge.name
            let records = bridge.flush(at: second) { delivery, stream in
                let header = RecordHeader(connection: name, partition: stream.number, source: .live, session: "s")
                return append(delivery.id, isDelete: delivery.content == .delete, header)
            }
            bridges[index] = bridge
            for record in records { bench.write(.session(record)) }
        }
        commit()
    }

    private mutating func append(
        _ id: TweetID,
        isDelete: Bool,
        _ header: RecordHeader
    ) -> (partition: Int, offset: Int64) {
        let partition = id.withDecimal { Int(KafkaPartitioner.partition(of: $0, count: Int32(cores.count))) }
        let offset = rawEnds[partition]
        rawEnds[partition] += 1
        let origin = Array(header.text.utf8).withUnsafeBytes { origins.origin(of: $0) }
        let record = RawRecord(id: id, isDelete: isDelete, received: at(second), origin: origin)
        if case .emitted = cores[partition].decide(record) { emitted[id, default: 0] += 1 }
        return (partition, offset)
    }

    private mutating func commit() {
        for partition in cores.indices {
            let told = cores[partition].censusRecords(kafkaPartition: partition, origins: origins)
            cores[partition].commit()
            for record in told { bench.write(.census(record)) }
        }
        let ends = Dictionary(uniqueKeysWithValues: rawEnds.indices.map { ($0, rawEnds[$0]) })
        bench.surroundings = CoordinatorSurroundings(rawEnds: ends, committed: .offsets(ends))
    }

    // MARK: The coordinator and Replay

    private mutating func coordinate() {
        for request in bench.look(at: second).requests {
            firstRequestAt = firstRequestAt ?? second
            let isRefused = second < (firstRequestAt ?? 0) + 4 * Self.minute
            attempts.append(Attempt(range: request.range, madeAt: second, isCompleted: !isRefused))
            if isRefused {
                let outcome = BackfillOutcome.http(status: 503, detail: "not now", retryAfter: nil)
                bench.core.ended(request.job, outcome, now: at(second), clock: clock(second))
            } else {
                replays[request.job] = Replay(
                    request: request,
                    feed: RecoveryFeed(world: world, partitions: [1, 2], interval: request.range, deletedBy: nil),
                    reached: request.range.from
                )
            }
        }
        for job in replays.keys.sorted() { advance(job) }
    }

    /// Five minutes of event time a second, the records of which are acknowledged in the same second.
    private mutating func advance(_ job: String) {
        guard var replay = replays.removeValue(forKey: job) else { return }
        replay.reached = min(replay.reached + .seconds(300), replay.request.range.to)
        let header = RecordHeader(connection: "coordinator", partition: 0, source: .recovery, session: "r", job: job)
        while let id = replay.feed.next(createdBefore: replay.reached) {
            let place = append(id, isDelete: false, header)
            let known = replay.progress.offsets[place.partition]
            replay.progress.offsets[place.partition] = SessionRecord.Offsets(
                first: known?.first ?? place.offset,
                last: place.offset
            )
            replay.progress.received += 1
            replay.progress.acknowledged += 1
            replay.progress.newest = id.createdAt
            replay.progress.frontier = id.createdAt
        }
        commit()
        bench.core.progressed(job, replay.progress, now: at(second))
        if replay.reached < replay.request.range.to {
            replays[job] = replay
        } else {
            bench.core.ended(job, .completed, now: at(second), clock: clock(second))
        }
    }
}

import ModelLog
import Tweets

@testable import Dedup

/// Raw that is written, instances that work on it, die, stall and come back, and the log under them.
final class CrashWorld {
    struct Output: Equatable {
        var topic: String
        var record: ModelRecord

        static func == (left: Output, right: Output) -> Bool {
            left.topic == right.topic && left.record.key == right.record.key && left.record.value == right.record.value
                && left.record.timestamp == right.record.timestamp
        }
    }

    /// An output on its way to a partition.
    struct Addressed {
        var topic: String
        var number: Int
        var record: ModelRecord
    }

    static let partitionCount = 3
    private static let instanceNames = ["x", "y", "z"]

    let timing = DedupTiming(horizon: .seconds(3600), recoveryWindow: .seconds(1200), deliverySlack: .seconds(20))
    let mistake: ShellMistake?
    var generator: SplitMix64
    var log = ModelLog(
        topics: ["raw", "tweets", "seen", "late"],
        partitionCount: partitionCount,
        transactionTimeout: 200,
        sessionTimeout: 50
    )
    private(set) var tick = 0

    // What happened, so that a run in which nothing did can be told.
    var crashes: [SimulatedCrashPoint: Int] = [:]
    var commits = 0
    var aborts = 0
    var rebuilds = 0
    var restores = 0
    var lostAnswers = 0
    var pendingOffsets = 0
    var blockedRestores = 0
    var compacted = 0
    var stalls = 0
    var forgotten = 0
    var violations: [String] = []

    private var traffic: Traffic
    private var living: [SimulatedDedup] = []
    private var dead: [(name: String, until: Int)] = []
    private var stalled: [String: Int] = [:]
    private var isFaulty = true
    private var history: [[(offset: Int64, record: ModelRecord)]] = Array(repeating: [], count: partitionCount)
    private var historyEnd = [Int64](repeating: 0, count: partitionCount)

    init(seed: UInt64, mistake: ShellMistake? = nil) {
        self.mistake = mistake
        generator = SplitMix64(seed: seed)
        traffic = Traffic(seed: seed &+ 7)
        living = Self.instanceNames.map { SimulatedDedup(name: $0, world: self) }
    }

    /// Plays so many ticks with faults, then without, until all is read; then compares.
    func run(ticks: Int) {
        while tick < ticks { step() }
        isFaulty = false
        let limit = tick + 20_000
        while !isDrained, tick < limit { step() }
        if !isDrained { violations.append("nothing moves on any more: raw was not read to its end") }
        compare()
    }

    func mayCrash(_ point: SimulatedCrashPoint) throws(SimulatedCrash) {
        guard isFaulty, generator.chance(Self.deadliness(point)) else { return }
        crashes[point, default: 0] += 1
        throw SimulatedCrash(point: point)
    }

    /// How likely an instance dies when it comes by; what comes by seldom is deadlier.
    private static func deadliness(_ point: SimulatedCrashPoint) -> Double {
        switch point {
        case .afterProduce: 0.001
        case .duringAbort: 0.1
        case .afterSeen, .afterDecision: 0.02
        default: 0.006
        }
    }

    /// A commit that takes longer than the session, and not as long as the transaction.
    func mayStall(_ name: String) {
        guard isFaulty, generator.chance(0.05) else { return }
        stalled[name] = tick + Int.random(in: 60...180, using: &generator)
        stalls += 1
    }

    /// An error of a broker that demands an abort.
    func mayFail(_ probability: Double) -> DedupTransactionMachine.Outcome? {
        isFaulty && generator.chance(probability) ? .mustAbort("an error of the broker") : nil
    }

    // MARK: Time

    private func step() {
        tick += 1
        if isFaulty { write() }
        keepHistory()
        // Markers come in bursts, and now and then not for a while.
        if generator.chance(0.2) {
            for _ in 0..<Int.random(in: 0...12, using: &generator) { log.complete(using: &generator) }
        }
        log.expireTransactions(now: tick)
        log.group.expire(now: tick)
        for (name, until) in dead where until <= tick { living.append(SimulatedDedup(name: name, world: self)) }
        dead.removeAll { $0.until <= tick }
        stalled = stalled.filter { $0.value > tick }
        if isFaulty { disturb() }
        let awake = living.filter { stalled[$0.name] == nil }
        guard let instance = awake.randomElement(using: &generator) else { return }
        do throws(SimulatedCrash) {
            try instance.step()
        } catch {
            living.removeAll { $0 === instance }
            let rest = generator.chance(0.5) ? 1...20 : 60...300
            dead.append((instance.name, tick + Int.random(in: rest, using: &generator)))
        }
    }

    private func disturb() {
        if generator.chance(0.004), let name = living.randomElement(using: &generator)?.name {
            // Longer than the session, and now and then than the transaction.
            stalled[name] = tick + Int.random(in: 40...240, using: &generator)
            stalls += 1
        }
        if generator.chance(0.0006) { killAll() }
        forgetOffsets()
        guard generator.chance(0.01) else { return }
        let number = Int.random(in: 0..<Self.partitionCount, using: &generator)
        // Compaction stays behind what is committed, as the lag sees to.
        compacted += log["raw", number].compact(before: log.committedNow(number) ?? 0)
    }

    /// Nobody is there for longer than a session, and than a transaction.
    private func killAll() {
        for instance in living {
            dead.append((instance.name, tick + Int.random(in: 260...400, using: &generator)))
        }
        living = []
    }

    /// What the group had committed expires, while something is left to be read and committed anew.
    private func forgetOffsets() {
        guard log.group.isEmpty, !log.hasUnfinished, generator.chance(0.2) else { return }
        let hasRest = (0..<Self.partitionCount).allSatisfy { number in
            log.committedNow(number).map { $0 < log["raw", number].end } ?? false
        }
        guard hasRest else { return }
        log.group.expireOffsets()
        forgotten += 1
    }

    private func write() {
        for _ in 0..<Int.random(in: 0...2, using: &generator) {
            let record = traffic.next()
            let number = Int(record.id.rawValue >> 3) % Self.partitionCount
            log.append(
                ModelRecord(
                    key: Array("\(record.id)".utf8),
                    value: record.isDelete ? nil : [1],
                    header: record.origin.isOwn ? "s=dedup" : "c=a p=1 s=live",
                    timestamp: record.received.milliseconds
                ),
                to: "raw",
                number
            )
        }
    }

    private func keepHistory() {
        for number in 0..<Self.partitionCount where historyEnd[number] < log["raw", number].end {
            guard let batch = try? log["raw", number].fetch(from: historyEnd[number], .uncommitted, limit: .max) else {
                preconditionFailure("raw was cut before it was looked at")
            }
            history[number] += batch.records
            historyEnd[number] = batch.position
        }
    }

    private var isDrained: Bool {
        !log.hasUnfinished
            && (0..<Self.partitionCount).allSatisfy { number in
                // Without offsets there is no telling, so some time has to do.
                mistake == .leavesOffsetsOut
                    ? tick > 4000 : (log.committedNow(number) ?? 0) >= (history[number].last?.offset ?? -1) + 1
            }
    }

    // MARK: Truth

    /// What a reader of raw needs of a record.
    func input(of record: ModelRecord, _ origins: inout OriginReader) -> RawRecord {
        let header = Array((record.header ?? "").utf8)
        guard let id = (record.key ?? []).withUnsafeBytes({ TweetID(decimal: $0) }) else {
            preconditionFailure("raw has a key that nobody wrote")
        }
        return RawRecord(
            id: id,
            isDelete: record.value == nil,
            received: Instant(milliseconds: record.timestamp),
            origin: header.withUnsafeBytes { origins.origin(of: $0) }
        )
    }

    /// What a verdict sends where.
    static func outputs(of verdict: DedupVerdict, for raw: RawRecord, _ record: ModelRecord) -> [Output] {
        func output(_ topic: String, _ timestamp: Instant) -> Output {
            Output(
                topic: topic,
                record: ModelRecord(key: record.key, value: record.value, timestamp: timestamp.milliseconds)
            )
        }
        switch verdict {
        case .emitted(let timestamp), .deleted(let timestamp): return [output("tweets", timestamp)]
        case .late: return [output("late", raw.received)]
        case .deletedLate(let timestamp): return [output("tweets", timestamp), output("late", timestamp)]
        case .suppressed:
            let tombstone = ModelRecord(
                key: record.key,
                value: nil,
                header: "s=dedup",
                timestamp: record.timestamp
            )
            return [Output(topic: "raw", record: tombstone)]
        case .duplicate, .deletedAgain, .ownTombstone: return []
        }
    }

    /// Reads what a read_committed user would, and compares it, record by record, with the plain rules over all of raw.
    private func compare() {
        var origins = OriginReader()
        for number in 0..<Self.partitionCount {
            var plain = PlainDedup(timing: timing)
            var expected: [String: [Output]] = ["tweets": [], "late": []]
            for (_, record) in history[number] {
                let raw = input(of: record, &origins)
                for output in Self.outputs(of: plain.decide(raw), for: raw, record) {
                    expected[output.topic]?.append(output)
                }
            }
            for topic in ["tweets", "late"] {
                let read = (try? log[topic, number].fetch(from: 0, .committed, limit: .max).records) ?? []
                report(topic, number, expected[topic] ?? [], read.map { Output(topic: topic, record: $0.record) })
            }
        }
    }

    private func report(_ topic: String, _ number: Int, _ expected: [Output], _ read: [Output]) {
        guard expected != read else { return }
        let first = zip(expected, read).enumerated().first { $1.0 != $1.1 }?.offset ?? min(expected.count, read.count)
        violations.append(
            "\(topic) [\(number)]: \(read.count) records instead of \(expected.count), the first difference at \(first)"
        )
    }
}

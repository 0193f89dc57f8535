public import Recovery
public import Tweets

/// Everything that a run is made of, drawn from its seed: the same plan is the same run, event by event.
public struct SimulationPlan: Hashable, Sendable {
    /// The source of everything.
    public let seed: UInt64
    /// What goes wrong, by time.
    public var faults: [Fault]
    /// Faults end here at the latest, and the wait for quiescence begins.
    public let faultsEnd: Int64
    /// Tweets a second and stream partition.
    public private(set) var rate: Double
    /// The delivery slack.
    public let slack: Duration
    /// What the upstream allows of recovery.
    public let limits: DialectLimits
    /// The generation of the API.
    public let dialect: StreamDialect
    /// Partitions of raw and its followers.
    public let kafkaPartitions: Int
    /// How long dedup remembers.
    public let horizon: Duration
    /// How old a record of raw must be before compaction may take it, in milliseconds.
    public let compactionLag: Int64

    /// How often a coordinator gets to look: once a second, or less often on a busy host.
    let turnInterval: Duration
    /// How long everything may take to settle once faults have stopped, in milliseconds: recovery waits for half an hour, and
    /// then its requests have a budget and a back-off.
    public var patience: Int64 = 4 * 3_600_000

    /// The moment at which every simulation begins: 2026-11-23T00:00:00Z.
    public static let start = Instant(seconds: 1_795_392_000)
    /// The redundant connections of a stream partition.
    static let copies = 2
    /// The stream partitions.
    static let streams = 2

    /// Draws a plan.
    ///
    /// - Parameters:
    ///   - hours: Simulated hours with faults; nil draws them.
    ///   - only: The kinds of faults; drawn where it is empty.
    public init(seed: UInt64, hours: Double? = nil, only: [FaultKind] = []) {
        self.seed = seed
        var random = Dice(seed: seed, salt: 1)
        func pick<Value>(_ values: [Value]) -> Value { values[Int(random.next() % UInt64(values.count))] }
        slack = .seconds(pick([60, 120, 120]))
        rate = pick([0.5, 1, 1, 2, 13])
        dialect = pick([.gnip, .v2])
        var limits = DialectLimits.of(dialect)
        // Short windows, so that gaps leave them while the simulation looks on.
        if let window = pick([nil, 2 * 3600, 4 * 3600]) {
            limits.window = .seconds(window)
            limits.deadlineMargin = .seconds(window / 10)
        }
        self.limits = limits
        kafkaPartitions = pick([1, 2, 3])
        horizon = limits.window + .seconds(pick([1800, 4 * 3600]))
        compactionLag = pick([1800, 3600, 12 * 3600]) * 1000
        turnInterval = .seconds(pick([1, 2, 4]))
        let length = hours ?? pick(rate > 10 ? [0.5, 1] : [1, 2, 3, 5])
        faultsEnd = Int64(length * 3_600_000)
        let pause = pick([40.0, 120, 120, 300])
        // Not everything at once: what never goes wrong lets other things go further.
        let part = pick([0.25, 0.5, 0.9])
        let drawn = FaultKind.allCases.filter { _ in random.next().share < part }
        let kinds = only.isEmpty ? drawn : only
        faults = Self.draw(kinds.isEmpty ? [.cut] : kinds, until: faultsEnd, pause: pause, &random)
    }

    /// A day as it should be: nothing but restarts of one bridge at a time.
    ///
    /// - Parameters:
    ///   - hours: How long.
    ///   - every: From one restart to the next, of the other bridge, in seconds.
    public static func quiet(seed: UInt64, hours: Double, every: Int64) -> SimulationPlan {
        var plan = SimulationPlan(seed: seed, hours: hours)
        var random = Dice(seed: seed, salt: 3)
        plan.rate = 1
        plan.faults = (1..<plan.faultsEnd / (every * 1000)).map { number in
            // A supervisor has it back in half a minute at most.
            let length = 5000 + Int64(random.next().share * 25_000)
            return Fault(kind: .bridgeRestart, at: number * every * 1000, length: length, target: Int(number & 1))
        }
        return plan
    }

    private static func draw(
        _ kinds: [FaultKind],
        until end: Int64,
        pause: Double,
        _ random: inout Dice
    ) -> [Fault] {
        var faults: [Fault] = []
        // The first sessions open in peace, so that there is a timeline.
        var time: Int64 = 90_000
        while true {
            time += Int64(pause * 2000 * random.next().share) + 1
            let kind = kinds[Int(random.next() % UInt64(kinds.count))]
            let share = random.next().share
            let longest = kind.lengthMax
            // Mostly short, now and then long.
            let length = Int64(Double(longest) * (share < 0.7 ? share * share * 0.3 : share))
            guard time < end else { return faults }
            faults.append(
                Fault(
                    kind: kind,
                    at: time,
                    length: min(length, end - time),
                    target: Int(random.next() & 1),
                    stream: Int(random.next() & 1),
                    value: random.next().share
                )
            )
        }
    }
}

extension FaultKind {
    /// The longest that it lasts, in milliseconds.
    fileprivate var lengthMax: Int64 {
        switch self {
        case .lag: 400_000
        case .refused, .kafkaAway: 1_200_000
        case .withheld, .lyingBackfill, .recoveryTrouble: 2_400_000
        case .powerLoss, .offsetsExpired: 3_600_000
        case .bridgeCrash, .bridgeRestart, .dedupCrash, .coordinatorCrash: 600_000
        case .stall: 240_000
        case .lateMarkers: 60_000
        // Longer than the slack: what is read meanwhile must not be claimed.
        case .leaderChange: 900_000
        case .clockJump: 1_800_000
        // Beyond every time-out.
        case .cutOff: 600_000
        default: 300_000
        }
    }
}

extension SimulationPlan: CustomStringConvertible {
    /// The plan in a line.
    public var description: String {
        "\(rate) Tweets/s a stream partition, slack \(slack), \(dialect), window \(limits.window), "
            + "horizon \(horizon), \(kafkaPartitions) Kafka partitions, \(faults.count) faults until \(clockText(faultsEnd))"
    }
}

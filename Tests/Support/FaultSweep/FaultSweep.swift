import Demo
import Foundation
public import KafkaTestSupport
import Operations
import Tweets
import World

/// Kills the processes of a whole installation at random, from a seed, while a consumer counts what comes out.
///
/// What is struck, how and when comes out of the seed; what the strike meets does not, since these are real processes.
public final class FaultSweep {
    /// What the installation stands on.
    public enum Broker {
        /// librdkafka's mock cluster, on which dedup may not be killed.
        case mock
        /// One that runs already, and is not touched.
        case given(String)
        /// One that is killed too.
        case mortal(MortalBroker)
    }

    /// What is played.
    public struct Options {
        /// `kill -9`, all roles together.
        public var kills: Int
        /// Where what is struck comes from.
        public var seed: UInt64
        /// Tweets a second of the upstream.
        public var rate = 100
        /// What the installation stands on.
        public var broker: Broker
        /// The longest pause between two strikes, in seconds.
        public var restMax = 5.0
        /// The longest time that something is dead or stopped, in seconds.
        public var downMax = 6.0
        /// The executable that is played with.
        public var executable: String
        /// Takes a line on what happens.
        public var tell: (String) -> Void

        /// Options from their parts.
        public init(
            kills: Int,
            seed: UInt64,
            broker: Broker,
            executable: String,
            tell: @escaping (String) -> Void
        ) {
            self.kills = kills
            self.seed = seed
            self.broker = broker
            self.executable = executable
            self.tell = tell
        }
    }

    private struct Down {
        var name: String
        var until: ContinuousClock.Instant
        var isStopped: Bool
    }

    static let slack: Duration = .seconds(4)
    static let brokerName = "broker"

    private let options: Options
    private let folder: String
    private let troupe: Troupe
    private var dice: SplitMix64
    private var observer: TopicObserver?
    private var down: [Down] = []
    private var strikes = StrikeCounts()
    private var toldAt = ContinuousClock.now
    private let began = ContinuousClock.now

    /// A sweep to be run once.
    public init(_ options: Options) throws {
        self.options = options
        folder = NSTemporaryDirectory() + RealBroker.uniqueName("decahose-faults")
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        troupe = Troupe(folder: folder, executable: options.executable, toleratesEnds: true)
        dice = SplitMix64(seed: options.seed)
    }

    /// Plays it.
    ///
    /// - Returns: What was struck, and what came out.
    /// - Throws: Where the installation does not come up at all.
    public func run() throws -> SweepReport {
        defer { troupe.stopAll(foundation: ["broker", "upstream"], within: .seconds(15)) }
        let stage = Stage(
            stageOptions,
            troupe: troupe,
            wait: { [unowned self] limit, isSo in try wait(atMost: limit, until: isSo) },
            tell: options.tell
        )
        options.tell("output of all processes: \(folder)")
        let upstream = try stage.startUpstream()
        let brokers = try stage.startBroker()
        try stage.startRoles(brokers: brokers, upstream: upstream)
        observer = try stage.observer(brokers: brokers)
        guard try wait(atMost: .seconds(90), until: { observer?.isEverythingFlowing == true }) else {
            throw ExitError(.findings, "Not everything came up within 90 s. Last lines:\n" + troupe.lastWords())
        }
        let start = observer?.readingSince ?? WallClock.now()
        try strike(targets(stage))
        try recover()
        let report = try compare(from: start, upstream)
        if report.passed { try? FileManager.default.removeItem(atPath: folder) }
        return report
    }

    private var stageOptions: Stage.Options {
        var brokers: String?
        var dedups = ["sweep"]
        var prefix = "decahose"
        switch options.broker {
        case .mock: break
        case .given(let servers): brokers = servers
        case .mortal(let broker): brokers = broker.bootstrapServers
        }
        if brokers != nil {
            dedups = ["1", "2"]
            prefix = RealBroker.uniqueName("decahose-faults")
        }
        return Stage.Options(
            rate: options.rate,
            seed: options.seed,
            slack: Self.slack,
            heartbeat: .seconds(2),
            brokers: brokers,
            // So many that the mock, which keeps 5 MB of each, keeps a minute.
            partitions: 12,
            prefix: prefix,
            dedups: dedups,
            limitsRequests: false
        )
    }

    /// What may be struck, each as often as it is to be.
    private func targets(_ stage: Stage) -> [String] {
        let bridges = ["bridge a", "bridge b"]
        switch options.broker {
        case .mock: return bridges + bridges + ["coordinator"]
        case .given: return bridges + bridges + ["coordinator", "coordinator"] + stage.dedupNames + stage.dedupNames
        case .mortal:
            let roles = bridges + ["coordinator"] + stage.dedupNames
            return roles + roles + roles + [Self.brokerName]
        }
    }

    // MARK: Striking

    private func strike(_ targets: [String]) throws {
        while strikes.kills < options.kills {
            try rest()
            guard let name = targets.randomElement(using: &dice) else { return }
            // Drawn for what is down too, so that the seed stays the same run.
            let seconds = Double.random(in: 0...options.downMax, using: &dice)
            let way = Strike.allCases[Strike.weights[Int.random(in: 0..<Strike.weights.count, using: &dice)]]
            guard !down.contains(where: { $0.name == name }) else { continue }
            strike(name, name == Self.brokerName ? .kill : way, for: .seconds(seconds))
        }
    }

    private func strike(_ name: String, _ way: Strike, for duration: Duration) {
        if name == Self.brokerName {
            // One that is still coming up would only be away for longer.
            guard case .mortal(let broker) = options.broker, broker.isAnswering else { return }
            broker.kill()
        } else {
            guard troupe.isRunning(name) else { return }
            switch way {
            case .kill, .terminate: troupe.kill(name, way.signal)
            case .stop: troupe.process(name)?.send(way.signal)
            }
        }
        strikes.add(way, name)
        down.append(Down(name: name, until: .now + duration, isStopped: way == .stop))
    }

    private func rest() throws {
        let seconds = Double.random(in: 0...options.restMax, using: &dice)
        _ = try wait(atMost: .seconds(seconds)) { false }
    }

    /// Brings back what has been down for long enough.
    private func raise(all: Bool = false) throws {
        for one in down where all || one.until <= .now {
            if one.isStopped {
                troupe.process(one.name)?.send(SIGCONT)
            } else if one.name == Self.brokerName, case .mortal(let broker) = options.broker {
                try broker.start()
            } else if troupe.isRunning(one.name) {
                // SIGTERM is not obeyed at once: what takes too long is killed.
                if all || .now - one.until > .seconds(30) { troupe.kill(one.name) }
                continue
            } else {
                try troupe.restart(one.name)
            }
            down.removeAll { $0.name == one.name }
        }
    }

    // MARK: Waiting

    private func wait(atMost limit: Duration, until isSo: () throws -> Bool) throws -> Bool {
        let deadline = ContinuousClock.now + limit
        while true {
            if try isSo() { return true }
            if ContinuousClock.now >= deadline { return false }
            try pump()
        }
    }

    private func pump() throws {
        if let observer { _ = try observer.poll() } else { usleep(20_000) }
        try raise()
        for line in try troupe.superviseOnce() { options.tell(line) }
        guard ContinuousClock.now - toldAt >= .seconds(10) else { return }
        toldAt = .now
        let seconds = (ContinuousClock.now - began).components.seconds
        let deliveries = observer?.deliveries
        options.tell(
            "\(seconds) s: \(strikes.kills) of \(options.kills) kills, \(strikes.others) other strikes; "
                + "\(deliveries?.tweets ?? 0) Tweets out, \(observer?.control.openGaps.count ?? 0) gap(s) open"
        )
    }

    private func recover() throws {
        options.tell("no more strikes; everything is brought back")
        while !down.isEmpty {
            try raise(all: true)
            usleep(20_000)
        }
        if case .mortal(let broker) = options.broker { try broker.awaitAnswer() }
    }

    /// Waits until everything must be out, then compares.
    ///
    /// Waits twice: what was created after the first time, some hundreds of Tweets, is in every Kafka partition behind all
    /// that raw held then. Once it is out, so is whatever would have come twice.
    private func compare(from start: Instant, _ upstream: SimulatorClient) throws -> SweepReport {
        var truth = try awaitEverything(from: start, upstream)
        if truth.isOut { truth = try awaitEverything(from: start, upstream) }
        guard let observer else { preconditionFailure("nothing was started") }
        return SweepReport(
            seed: options.seed,
            strikes: strikes,
            comparison: Comparison(truth: truth.sent, deliveries: observer.deliveries),
            openGaps: truth.isOut ? 0 : observer.control.openGaps.count,
            lostGaps: observer.control.gaps.values.count { $0.state == "unrecoverable" },
            gaps: observer.control.gaps.count,
            surprises: troupe.surprises,
            seconds: Int((ContinuousClock.now - began).components.seconds),
            folder: folder
        )
    }

    private func awaitEverything(
        from start: Instant,
        _ upstream: SimulatorClient
    ) throws -> (sent: UpstreamTruth, isOut: Bool) {
        let slack = Self.slack + .seconds(2)
        _ = try wait(atMost: slack) { false }
        let window = EventInterval(from: start, to: WallClock.now())
        // The upstream knows of a delete once it is sent.
        _ = try wait(atMost: slack) { false }
        let truth = try upstream.truth(window)
        options.tell("\(truth.tweets.count) Tweets were sent; waiting until all must be out")
        let isOut = try wait(atMost: .seconds(600)) {
            guard let observer else { return false }
            return observer.control.openGaps.isEmpty
                && truth.tweets.allSatisfy { id, _ in observer.deliveries.fates[id] != nil }
        }
        return (truth, isOut)
    }
}

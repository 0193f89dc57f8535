import Operations
import Tweets

extension DemoRunner {
    /// Starts the upstream, a broker, and every role, and waits until both bridges read.
    ///
    /// - Returns: The moment from which on both connections deliver everything.
    func startEverything() throws -> Instant {
        tell("output of all processes: \(options.folder)")
        let stage = Stage(
            Stage.Options(
                rate: options.rate,
                seed: options.seed,
                corpus: options.corpus,
                slack: timetable.slack,
                heartbeat: timetable.heartbeat,
                brokers: options.brokers,
                replicationFactor: options.replicationFactor,
                partitions: options.partitions,
                prefix: topics.prefix,
                dedups: ["demo"]
            ),
            troupe: troupe,
            wait: { [unowned self] limit, isSo in try wait(atMost: limit, until: isSo) },
            tell: { [unowned self] line in tell(line) }
        )
        let upstream = try stage.startUpstream()
        self.upstream = upstream
        let brokers = try stage.startBroker()
        try stage.startRoles(brokers: brokers, upstream: upstream)
        observer = try stage.observer(brokers: brokers)
        let reading = try wait(atMost: timetable.patience) { observer?.isEverythingFlowing == true }
        guard reading else {
            throw ExitError(
                .findings,
                "Not everything came up within \(timetable.patience.components.seconds) s. Last lines:\n"
                    + troupe.lastWords()
            )
        }
        tell("both bridges read both stream partitions; Tweets come out")
        return observer?.readingSince ?? WallClock.now()
    }
}

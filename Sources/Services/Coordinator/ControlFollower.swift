import Kafka
import Logging
import Operations
import Recovery
import Tweets

/// The control topic read into a coordinator's core, from its start up to now and on.
///
/// Belongs to one thread.
final class ControlFollower {
    var core: CoordinatorCore
    private(set) var rate: LiveRate
    private(set) var serverClock: ServerClock
    /// Whether the end was reached once: only what comes after it comes as it is written.
    private var isCaughtUp = false
    private let reader: ControlReader
    private let clock: @Sendable () -> MonotonicInstant
    private let metrics: CoordinatorMetrics
    private let logger: Logger

    /// - Parameter serverClock: What a follower before this one has heard of it.
    init(
        _ environment: CoordinatorEnvironment,
        metrics: CoordinatorMetrics,
        serverClock: ServerClock? = nil
    ) throws(KafkaError) {
        core = CoordinatorCore(options: environment.options)
        self.serverClock = serverClock ?? ServerClock(memory: environment.options.timing.hearing)
        rate = LiveRate(spanMin: min(.seconds(10), environment.options.timing.slack))
        reader = try ControlReader(
            environment.kafka,
            topic: environment.names.control,
            group: "\(environment.names.coordinatorID)-reader",
            observer: .logging(to: environment.logger)
        )
        clock = environment.clock
        logger = environment.logger
        self.metrics = metrics
    }

    /// Takes in what is there, waiting up to `timeout` for the first record.
    func read(timeout: Duration) throws(KafkaError) {
        let isAtEnd = try reader.read(timeout: timeout) { entry, offset in take(entry, offset) }
        isCaughtUp = isCaughtUp || isAtEnd
    }

    /// Every record below this offset was taken in.
    var nextOffset: Int64 { reader.nextOffset }

    private func take(_ entry: ControlEntry, _ offset: Int64) {
        metrics.controlRecords.add()
        let now = clock()
        switch entry {
        case .record(let record):
            if case .session(let session) = record {
                rate.note(session, at: now)
                if isCaughtUp { serverClock.note(session, at: now) }
            }
            core.apply(record, offset: offset, arrivedAt: now)
        case .removed(let key):
            core.remove(key, offset: offset)
        case .unknown:
            break
        case .unreadable(let key, let reason):
            metrics.unreadable.add()
            logger.warning(
                "A control record cannot be read and is passed over.",
                metadata: ["key": "\(key)", LogKey.offset: "\(offset)", LogKey.reason: "\(reason)"]
            )
        }
    }
}

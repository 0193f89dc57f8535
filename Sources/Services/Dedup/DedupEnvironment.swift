import Dedup
import Glibc
import Kafka
import Logging
import Operations
import Settings
import Tweets

/// Everything that the thread of dedup is given.
struct DedupEnvironment: Sendable {
    var names: TopicNames
    /// This instance's name, which no other live one may have.
    var instance: String
    /// Role, host and process, for records that tell who wrote them.
    var recordedBy: String
    /// Properties of all its Kafka clients.
    var kafka: KafkaProperties
    var timing: DedupTiming
    var commitInterval: Duration
    var wall: @Sendable () -> Instant
    var clock: @Sendable () -> MonotonicInstant
    var logger: Logger
    /// How far the clocks of hosts may differ.
    var clockSlack: Duration = DedupTiming.aheadMax
    /// How often the log, or a rebuild's output, tells how far a long reading is.
    var progressInterval: Duration = .seconds(10)

    /// How long Kafka may take to answer at start.
    static let startTimeout: Duration = .seconds(30)

    var observer: KafkaObserver { writeRefusal.listening(for: .logging(to: logger)) }
    /// What Kafka does not let this user write.
    let writeRefusal = WriteRefusal()
}

extension DedupEnvironment {
    /// What follows from the settings.
    ///
    /// - Throws: ``InvalidConfiguration`` and ``ExitError`` where they cannot work.
    init(_ settings: DedupSettings, logger: Logger) throws {
        try ProtectedProperties.check(settings.common.kafka)
        try DedupHorizon.check(settings)
        self.init(
            names: settings.common.topics,
            instance: settings.instance,
            recordedBy: "dedup \(settings.instance) \(getpid())",
            kafka: .role(settings.common, clientID: "decahose-dedup-\(settings.instance)"),
            timing: DedupTiming(
                horizon: settings.horizon,
                recoveryWindow: settings.api.recoveryWindow,
                deliverySlack: settings.deliverySlack
            ),
            commitInterval: settings.commitInterval,
            wall: WallClock.now,
            clock: MonotonicClock.now,
            logger: logger
        )
    }
}

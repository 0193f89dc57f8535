import Dedup
import Kafka
import Logging
import Operations
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

    /// How long Kafka may take to answer at start.
    static let startTimeout: Duration = .seconds(30)

    var observer: KafkaObserver { .logging(to: logger) }
}

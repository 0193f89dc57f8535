import Kafka
import Logging
import Operations
import Recovery
import Settings
import Tweets

/// Everything that a coordinator's thread is given.
struct CoordinatorEnvironment: Sendable {
    var names: TopicNames
    /// Role, host and process, for records that tell who wrote them.
    var instance: String
    /// Properties of all its Kafka clients.
    var kafka: KafkaProperties
    var options: CoordinatorOptions
    /// The stream partitions that somebody should read, whether or not anybody does.
    var streams: [StreamPartition]
    /// Recovered Tweets a second; nil is three times the live rate.
    var recoveryRate: Int?
    var transfer: any RecoveryTransfer
    var wall: @Sendable () -> Instant
    var clock: @Sendable () -> MonotonicInstant
    var logger: Logger

    /// How often everything is looked at: once a second, or more often where the slack is short.
    var turnInterval: Duration {
        max(.milliseconds(50), min(.seconds(1), options.timing.slack / 8))
    }
}

public import Kafka
public import Logging
import Operations

extension KafkaObserver {
    /// Sends librdkafka's own lines to a logger: what is routine for it is debug for us.
    ///
    /// A broker that is away fills its log with a line an attempt; the role's own words say what that means.
    public static func logging(to logger: Logger) -> KafkaObserver {
        KafkaObserver(
            log: { line in
                let level: Logger.Level = line.level <= 2 ? .error : .debug
                logger.log(
                    level: level,
                    "librdkafka says something.",
                    metadata: ["facility": "\(line.facility)", "text": "\(line.message)"]
                )
            },
            error: { error in
                logger.log(
                    level: error.isFatal ? .error : .warning,
                    "A Kafka client has an error.",
                    metadata: [LogKey.error: "\(error)"]
                )
            }
        )
    }
}

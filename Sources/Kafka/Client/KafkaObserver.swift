/// Where a handle's log lines and errors go.
///
/// Nothing is ever printed by librdkafka itself. `log` is called on librdkafka's own threads, at any time until the
/// handle is gone: it must be quick and must not call the handle. `error` is called on the thread that polls.
public struct KafkaObserver: Sendable {
    /// Takes a line of librdkafka's log.
    public let log: @Sendable (KafkaLogLine) -> Void
    /// Takes an error of the handle as a whole, such as `allBrokersDown`: worth a log line, and recovered from by itself
    /// unless `isFatal`.
    public let error: @Sendable (KafkaError) -> Void

    /// Makes an observer of two closures.
    public init(
        log: @escaping @Sendable (KafkaLogLine) -> Void,
        error: @escaping @Sendable (KafkaError) -> Void
    ) {
        self.log = log
        self.error = error
    }

    /// Drops everything: for tests, and for tools that report each call's own error.
    public static let silent = KafkaObserver(log: { _ in }, error: { _ in })
}

/// A line of librdkafka's log.
public struct KafkaLogLine: Sendable, Equatable {
    /// The syslog level: 0 emergency to 7 debug; 3 is error, 4 warning, 6 info.
    public let level: Int32
    /// librdkafka's short name of what it is about, such as `FAIL` or `MAXPOLL`.
    public let facility: String
    /// The sentence.
    public let message: String

    /// Makes a line.
    public init(level: Int32, facility: String, message: String) {
        self.level = level
        self.facility = facility
        self.message = message
    }
}

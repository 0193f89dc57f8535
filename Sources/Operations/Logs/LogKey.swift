/// The names of everything that log lines say beside their sentence, so that a search finds all of them.
public enum LogKey {
    /// A redundant connection's name.
    public static let connection = "connection"
    /// A stream partition.
    public static let stream = "stream"
    /// A session.
    public static let session = "session"
    /// A Kafka partition.
    public static let partition = "partition"
    /// A Kafka topic.
    public static let topic = "topic"
    /// A Kafka offset.
    public static let offset = "offset"
    /// A gap.
    public static let gap = "gap"
    /// A recovery job.
    public static let job = "job"
    /// An error's own text.
    public static let error = "error"
    /// Why something was done.
    public static let reason = "reason"
    /// What happens next.
    public static let next = "next"
    /// How long until then or how long it took.
    public static let duration = "duration"
    /// How many.
    public static let count = "count"
    /// A stretch of event time.
    public static let interval = "interval"
}

/// What one poll of a consumer gave.
public enum KafkaConsumerEvent: ~Copyable {
    /// Nothing within the time-out.
    case nothing
    /// A record.
    case message(KafkaMessage)
    /// The consumer has read a partition up to its end (of what its isolation level may see); only with
    /// `enable.partition.eof=true`, and again whenever it catches up anew. The offset is the next one to come.
    case partitionEnd(KafkaPosition)
    /// Something failed: of one partition where it names one (`offsetOutOfRange`, `autoOffsetReset`,
    /// `unknownTopicOrPartition`, `topicAuthorizationFailed`), otherwise of the consumer (`maxPollExceeded`, `fatal`).
    case error(KafkaError, KafkaPartition?)
}

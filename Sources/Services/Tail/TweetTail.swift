public import Kafka
public import Operations
public import Settings
public import Tweets

/// Follows the tweets topic as a `read_committed` reader outside any group: nothing is committed anywhere.
public struct TweetTail {
    /// Where it begins.
    public enum Start: Hashable, Sendable {
        /// Behind the newest record.
        case end
        /// At the oldest one that is kept.
        case beginning
        /// At the first records whose timestamp, the Tweet's creation, is not before a moment.
        case time(Instant)
    }

    /// How long Kafka may take to answer each question at start.
    static let timeout: Duration = .seconds(15)

    private let topic: String
    private let brokers: String
    private let properties: KafkaProperties
    private let trouble = ConnectionTrouble()
    private let observer: KafkaObserver

    /// Prepares it.
    ///
    /// - Parameters:
    ///   - settings: Connection and prefix.
    ///   - observer: Takes librdkafka's log.
    public init(_ settings: ToolSettings, observer: KafkaObserver) {
        topic = settings.common.topics.tweets
        brokers = settings.common.bootstrapServers
        properties = .role(
            settings.common,
            clientID: "decahose-tail",
            [
                // No group is ever joined; librdkafka asks for a name all the same.
                "group.id": "\(settings.common.topics.prefix)-tools", "enable.auto.commit": "false",
                "isolation.level": "read_committed", "auto.offset.reset": "error", "enable.partition.eof": "false",
            ]
        )
        self.observer = trouble.listening(for: observer)
    }

    /// Hands on record after record until there were `count` of them, else for ever.
    ///
    /// Blocks. Records of one partition come in order, those of different ones as Kafka delivers them.
    ///
    /// - Throws: An ``ExitError`` with what to do where the topic cannot be read.
    public func follow(from start: Start, count: Int?, _ show: (TweetLine) -> Void) throws(ExitError) {
        do throws(KafkaError) {
            let consumer = try KafkaConsumer(properties, observer: observer)
            try consumer.assign(positions(start, consumer))
            var left = count ?? .max
            while left > 0 {
                switch consumer.poll(timeout: .milliseconds(200)) {
                case .nothing: continue
                case .partitionEnd: continue
                case .error(let error, let partition):
                    // Brokers that are away for a while come back; what concerns a partition does not mend itself.
                    if partition != nil || error.isFatal { throw error }
                case .message(let message):
                    show(
                        TweetLine(
                            key: message.key,
                            value: message.value,
                            header: message.header(RecordHeader.name),
                            partition: message.partition,
                            offset: message.offset
                        )
                    )
                    left -= 1
                }
            }
        } catch {
            throw ExitError.unreadable(topic, brokers, error, trouble)
        }
    }

    private func positions(_ start: Start, _ consumer: KafkaConsumer) throws(KafkaError) -> [KafkaPosition] {
        guard let found = try consumer.metadata(timeout: Self.timeout).topics[topic] else {
            throw KafkaError(code: .unknownTopicOrPartition)
        }
        if let error = found.error { throw KafkaError(code: error) }
        let partitions = found.partitions.map { KafkaPartition(topic: topic, partition: $0.id) }
        switch start {
        case .end: return partitions.map { KafkaPosition($0, offset: KafkaPosition.end) }
        case .beginning: return partitions.map { KafkaPosition($0, offset: KafkaPosition.beginning) }
        case .time(let moment):
            return try consumer.offsets(at: partitions.map { ($0, moment.milliseconds) }, timeout: Self.timeout)
        }
    }
}

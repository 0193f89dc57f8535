import Kafka
import Operations
package import Tweets

/// A downstream consumer in `read_committed`: reads the clean topic as any user would, and raw and control to explain it.
package final class TopicObserver {
    /// What came out.
    package private(set) var deliveries = Deliveries()
    private(set) var raw = RawTally()
    /// What the control topic says.
    package private(set) var control = ControlView()
    private let consumer: KafkaConsumer
    private let tweetsTopic: KafkaTopicName
    private let rawTopic: KafkaTopicName

    /// Reads all partitions from their beginning.
    ///
    /// - Throws: ``KafkaError`` where the brokers cannot be used.
    init(topics: TopicNames, partitions: Int, properties: KafkaProperties) throws {
        consumer = try KafkaConsumer(
            properties.merging([
                "client.id": "decahose-demo", "group.id": "\(topics.prefix)-demo", "enable.auto.commit": "false",
                "isolation.level": "read_committed", "auto.offset.reset": "earliest", "fetch.wait.max.ms": "50",
            ]),
            observer: .silent
        )
        tweetsTopic = KafkaTopicName(topics.tweets)
        rawTopic = KafkaTopicName(topics.raw)
        var positions = [KafkaPosition(topic: topics.control, partition: 0, offset: KafkaPosition.beginning)]
        for topic in [topics.raw, topics.tweets] {
            for partition in 0..<Int32(partitions) {
                positions.append(KafkaPosition(topic: topic, partition: partition, offset: KafkaPosition.beginning))
            }
        }
        try consumer.assign(positions)
    }

    /// Reads what is there, for at most a tenth of a second.
    ///
    /// - Returns: Lines for the story.
    package func poll() throws -> [String] {
        var story: [String] = []
        let end = ContinuousClock.now + .milliseconds(100)
        repeat {
            switch consumer.poll(timeout: .milliseconds(20)) {
            case .message(let message):
                if let line = take(message) { story.append(line) }
            default:
                return story
            }
        } while ContinuousClock.now < end
        return story
    }

    /// Whether both bridges read everything, and Tweets come out.
    package var isEverythingFlowing: Bool {
        ["a", "b"].allSatisfy { connection in
            openSessions(of: connection).count == StreamProduct.sample10.partitionCount
                && (raw.connections[connection]?.live ?? 0) > 0
        } && deliveries.tweets > 0
    }

    /// The moment from which on both connections' open sessions deliver everything.
    package var readingSince: Instant? {
        // A session claims from five seconds after the server's date on.
        ["a", "b"].flatMap { openSessions(of: $0) }.map(\.serverDate).max().map { $0 + .seconds(5) }
    }

    /// The sessions of a connection that are open, one a stream partition at the most.
    private func openSessions(of connection: String) -> [SessionRecord] {
        control.newestSessions(of: connection).filter { $0.closed == nil }
    }

    private func take(_ message: borrowing KafkaMessage) -> String? {
        guard let key = message.key else { return nil }
        if message.isOf(topic: tweetsTopic) {
            guard let id = TweetID(decimal: key) else {
                deliveries.unreadableKey()
                return nil
            }
            if let value = message.value {
                deliveries.tweet(id.rawValue, idInside: TweetIdentity.id(in: value))
            } else {
                deliveries.tombstone(id.rawValue)
            }
            return nil
        }
        if message.isOf(topic: rawTopic) {
            guard let id = TweetID(decimal: key) else { return nil }
            let header = message.header(RecordHeader.name).flatMap { RecordHeader($0) }
            raw.add(id.rawValue, header: header, isDelete: message.value == nil)
            return nil
        }
        return control.apply(key: String(decoding: key, as: UTF8.self), value: message.value.map { Array($0) })
    }
}

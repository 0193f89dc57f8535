import Kafka
import KafkaTestSupport

/// Tells when a broker's log cleaner has made a round: a compacted topic in which a record must make way.
///
/// The cleaner takes the dirtiest log first. Most of this one never changes, so that it is the least dirty: when it is
/// cleaned, every other was before. Of several cleaners one may still be at work, so it takes a second round to be sure.
final class CleanerWitness {
    private let topic: String
    private let producer: KafkaProducer
    private let reader: KafkaConsumer
    private var rounds = 0

    init(_ broker: RealBroker) throws {
        topic = try broker.createTopic(
            "cleaner-witness",
            settings: BrokerUnderTest.settings(TopicShape(isCompacted: true), isCleaned: true)
        )
        producer = try KafkaProducer(broker.properties(["linger.ms": "0"]), observer: .silent)
        reader = try KafkaConsumer(
            broker.properties([
                "group.id": "witness", "enable.auto.commit": "false", "enable.partition.eof": "true",
                "auto.offset.reset": "error", "fetch.wait.max.ms": "20",
            ]),
            observer: .silent
        )
        for number in 0..<60 { try write("ballast-\(number)", "b") }
        try awaitRound()
    }

    /// Waits for the next round.
    func awaitRound() throws {
        rounds += 1
        // The second replaces the first; the third is the newest, which stays open.
        for value in ["old", "new", "last"] { try write("\(rounds)", value) }
        let end = KafkaPosition(topic: topic, partition: 0, offset: KafkaPosition.beginning)
        try waiting("the log cleaner") {
            try !reader.readToEnd(end).contains { $0.key == "\(rounds)" && $0.value == "old" }
        }
    }
    private func write(_ key: String, _ value: String) throws {
        let handle = try producer.topic(topic, partitionCount: 1)
        _ = try producer.write(WrittenRecord(key, value), at: 0, to: handle, 0)
    }
}

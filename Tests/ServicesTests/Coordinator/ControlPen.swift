import Kafka
import Testing
import Tweets

@testable import Services

/// Writes control records as bridges and dedup do, and reads the topic back.
final class ControlPen: Sendable {
    private let producer: KafkaProducer
    private let topic: KafkaTopic
    private let properties: KafkaProperties
    private let names: TopicNames

    init(_ brokers: String, names: TopicNames) throws {
        properties = ["bootstrap.servers": brokers]
        self.names = names
        producer = try KafkaProducer(properties.merging(["linger.ms": "0"]), observer: .silent)
        topic = try producer.topic(names.control, timeout: .seconds(10))
    }

    func write(_ record: ControlRecord) throws {
        let value = try ControlCodec.encode(record)
        let result = Array(record.key.text.utf8).withUnsafeBytes { key in
            value.withUnsafeBytes { value in
                producer.produce(to: topic, partition: 0, key: key, value: value, timestampMilliseconds: 0)
            }
        }
        #expect(result == .queued)
        var failure: KafkaErrorCode?
        let isFlushed = producer.flush(timeout: .seconds(10)) { failure = $0.error }
        #expect(isFlushed && failure == nil)
    }

    /// The last state of everything in the topic.
    func everything() throws -> [ControlKey: ControlRecord] {
        let reader = try ControlReader(properties, topic: names.control, group: "pen", observer: .silent)
        var state: [ControlKey: ControlRecord] = [:]
        var isAtEnd = false
        while !isAtEnd {
            isAtEnd = try reader.read(timeout: .seconds(5)) { entry, _ in
                switch entry {
                case .record(let record): state[record.key] = record
                case .removed(let key): state[key] = nil
                case .unknown, .unreadable: break
                }
            }
        }
        return state
    }
}

import Kafka
import Recovery
import Tweets

/// Asks where the raw topic ends and how far dedup has committed.
///
/// Belongs to one thread; each question blocks for a bounded time.
final class RawTopicProbe {
    private let query: KafkaWatermarkQuery
    private let group: KafkaConsumer
    private let partitions: [KafkaPartition]
    private let timeout: Duration = .seconds(2)
    /// Why dedup's offsets may not be seen, with what to do; nil where they may, or were not asked for.
    private(set) var refusal: String?

    init(
        _ properties: KafkaProperties,
        names: TopicNames,
        partitionCount: Int,
        observer: KafkaObserver
    ) throws(KafkaError) {
        query = try KafkaWatermarkQuery(properties, observer: observer)
        // Only a read_committed handle waits for offsets of a pending transaction; it never subscribes.
        let own: KafkaProperties = [
            "group.id": names.dedupGroup, "isolation.level": "read_committed", "enable.auto.commit": "false",
        ]
        group = try KafkaConsumer(properties.merging(own), observer: observer)
        partitions = (0..<partitionCount).map { KafkaPartition(topic: names.raw, partition: Int32($0)) }
    }

    /// The high watermark of a partition of any topic.
    func end(of partition: KafkaPartition) throws(KafkaError) -> Int64 {
        guard let ends = try query.watermarks(of: [partition], timeout: .seconds(10))[partition] else {
            throw KafkaError(code: .unknownPartition, message: "\(partition) gave no end offset")
        }
        return ends.high
    }

    /// The end offsets of raw; empty where there is no answer.
    func rawEnds() -> [Int: Int64] {
        guard let answers = try? query.watermarks(of: partitions, timeout: timeout) else { return [:] }
        return Dictionary(uniqueKeysWithValues: answers.map { (Int($0.key.partition), $0.value.high) })
    }

    /// How far dedup has committed.
    func committed() -> CoordinatorSurroundings.Committed {
        let answers: [KafkaPartition: KafkaCommittedOffset]
        do {
            answers = try group.committed(partitions, timeout: timeout)
            refusal = nil
        } catch {
            noteRefusal(error)
            return .notAsked
        }
        var offsets: [Int: Int64] = [:]
        for (partition, answer) in answers {
            switch answer {
            case .offset(let offset): offsets[Int(partition.partition)] = offset
            case .absent: continue
            case .unknown(let code):
                noteRefusal(KafkaError(code: code))
                return .notAsked
            }
        }
        return offsets.isEmpty ? .none : .offsets(offsets)
    }

    /// Keeps a refusal in mind; one to find the group's coordinator is told to the consumer alone, and the call times out.
    private func noteRefusal(_ error: KafkaError) {
        if error.code.isRefusal { refusal = error.granting(.coordinator) }
        while case .error(let error, _) = group.poll(timeout: .zero) {
            if error.code.isRefusal { refusal = error.granting(.coordinator) }
        }
    }
}

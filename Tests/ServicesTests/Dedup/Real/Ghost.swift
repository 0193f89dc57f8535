import Dedup
import Kafka
import Operations
import Testing
import Tweets

@testable import Services

extension DedupRig {
    /// How long Kafka may take with a single call.
    static let patience: Duration = .seconds(20)

    /// A producer in the place of an instance that others do not hear of any more.
    func ghost(_ instance: String = "ghost", timeout: Duration) throws -> KafkaProducer {
        let own: KafkaProperties = [
            "transactional.id": names.dedupTransactionalID(instance: instance),
            "transaction.timeout.ms": "\(timeout.milliseconds)",
        ]
        let producer = try KafkaProducer(properties.merging(own), observer: .silent)
        try producer.initTransactions(timeout: Self.patience)
        return producer
    }

    /// Puts a changelog record into the transaction of a ghost.
    func write(_ record: SeenRecord, to partition: Int32, _ producer: KafkaProducer) throws {
        let seen = try producer.topic(names.seen, timeout: Self.patience)
        var bytes: [UInt8] = []
        record.encode(into: &bytes)
        let result = bytes.withUnsafeBytes { value in
            producer.produce(to: seen, partition: partition, key: nil, value: value, timestampMilliseconds: 0)
        }
        #expect(result == .queued)
    }

    /// Begins a transaction in which a ghost has read all of raw.
    ///
    /// - Returns: How far that is, by partition.
    func beginHavingRead(_ producer: KafkaProducer) throws -> [KafkaPosition] {
        let raw = (0..<Int32(Self.partitionCount)).map { KafkaPartition(topic: names.raw, partition: $0) }
        let ends = try KafkaWatermarkQuery(properties, observer: .silent).watermarks(of: raw, timeout: Self.patience)
        let positions = try raw.map { KafkaPosition($0, offset: try #require(ends[$0]).high) }
        let group = try KafkaConsumer(properties.merging(["group.id": names.dedupGroup]), observer: .silent)
            .groupMetadata()
        try producer.beginTransaction()
        try producer.sendOffsets(positions, group: group, timeout: Self.patience)
        return positions
    }

    /// Writes what an owner that has read these IDs would have written.
    func writeSet(of ids: [TweetID], upTo positions: [KafkaPosition], _ producer: KafkaProducer) throws {
        for position in positions {
            let number = position.partition.partition
            var record = SeenRecord(number: 1, nextOffset: position.offset, progress: DedupProgress())
            record.entries = ids.filter { Self.partition(of: $0) == number }
                .map { SeenRecord.Entry(id: $0.rawValue, isDeleted: false) }
            record.progress = DedupProgress(
                streamTime: WallClock.now(),
                lateLine: WallClock.now() - .seconds(28 * 3600)
            )
            try write(record, to: number, producer)
        }
    }

    /// Where the copies of a Tweet are.
    static func partition(of id: TweetID) -> Int32 {
        id.withDecimal { KafkaPartitioner.partition(of: $0, count: Int32(partitionCount)) }
    }
}

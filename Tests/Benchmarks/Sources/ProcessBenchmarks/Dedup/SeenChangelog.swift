import Dedup
import Glibc
import Kafka
import Tweets

/// A changelog as the stage leaves it at the Decahose's rate: a day of sampled IDs, in records of one transaction each.
///
/// Only the markers of its transactions are missing, and its batches hold more than one record.
struct SeenChangelog {
    let idCount: Int
    let partitionCount: Int
    /// The last second of it.
    let end: Instant

    /// IDs a second: 50 million a day.
    static let idsPerSecond = 579
    /// Transactions a second, at the bound of the commit interval.
    static let transactionsPerSecond = 10
    private static let horizon: Duration = .seconds(28 * 3600)
    /// The IDs that are tried afterwards: one of so many.
    static let sampleInterval = 50_021

    private var seconds: Int { (idCount + Self.idsPerSecond - 1) / Self.idsPerSecond }
    private var start: Int64 { end.milliseconds / 1000 - Int64(seconds) }

    /// An ID in the milliseconds of a second that the sample is made of.
    func id(_ number: Int) -> TweetID? {
        let (second, place) = number.quotientAndRemainder(dividingBy: Self.idsPerSecond)
        let millisecond = (start + Int64(second)) * 1000 + 657 + Int64(place % 100)
        var mixed = UInt64(number) &* 0x9E37_79B9_7F4A_7C15
        mixed ^= mixed >> 29
        // Some hundred workers, and the place makes the ID unique.
        let worker = mixed % 512
        let time = UInt64(millisecond - TweetID.snowflakeEpoch)
        return TweetID(time << 22 | worker << 12 | UInt64(place / 100))
    }

    /// Writes it, one raw record a partition for it to end with, and the group's offsets.
    ///
    /// - Returns: How many changelog records there are.
    func write(to names: TopicNames, _ kafka: RealKafka) -> Int {
        attempt("writing \(names.seen)") { () throws(KafkaError) in
            let own: KafkaProperties = ["enable.idempotence": "true", "compression.type": "lz4"]
            let producer = try KafkaProducer(kafka.properties.merging(own), observer: .silent)
            let raw = try producer.topic(names.raw, timeout: .seconds(20))
            // The one record of each partition of raw that was read; what it holds does not matter any more.
            for partition in 0..<Int32(partitionCount) {
                Self.send(Array("{}".utf8), key: Array("\(partition)".utf8), to: raw, partition, producer)
            }
            let count = writeRecords(to: try producer.topic(names.seen, timeout: .seconds(20)), producer)
            guard producer.flush(timeout: .seconds(120), expectAcknowledged) else {
                throw KafkaError(code: .timedOut, message: "records are missing")
            }
            let group: KafkaProperties = ["group.id": names.dedupGroup]
            try KafkaConsumer(kafka.properties.merging(group), observer: .silent).commit(
                RealKafka.partitions(names.raw, partitionCount).map { KafkaPosition($0, offset: 1) },
                timeout: .seconds(30)
            )
            return count
        }
    }

    private func writeRecords(to topic: KafkaTopic, _ producer: KafkaProducer) -> Int {
        var numbers = [UInt64](repeating: 0, count: partitionCount)
        var count = 0
        var bytes: [UInt8] = []
        for second in 0..<seconds {
            let first = second * Self.idsPerSecond
            let ids = (first..<min(idCount, first + Self.idsPerSecond)).compactMap { id($0) }
            let time = Instant(milliseconds: (start + Int64(second)) * 1000 + 756)
            let progress = DedupProgress(streamTime: time, lateLine: time - Self.horizon)
            for transaction in 0..<Self.transactionsPerSecond {
                var entries = [[SeenRecord.Entry]](repeating: [], count: partitionCount)
                for index in stride(from: transaction, to: ids.count, by: Self.transactionsPerSecond) {
                    let id = ids[index]
                    let partition = id.withDecimal { KafkaPartitioner.partition(of: $0, count: Int32(partitionCount)) }
                    entries[Int(partition)].append(SeenRecord.Entry(id: id.rawValue, isDeleted: false))
                }
                for partition in 0..<partitionCount {
                    numbers[partition] += 1
                    var record = SeenRecord(number: numbers[partition], nextOffset: 1, progress: progress)
                    record.entries = entries[partition].sorted { $0.id < $1.id }
                    bytes.removeAll(keepingCapacity: true)
                    record.encode(into: &bytes)
                    Self.send(bytes, key: nil, to: topic, Int32(partition), producer)
                    count += 1
                }
            }
        }
        return count
    }

    private static func send(
        _ bytes: [UInt8],
        key: [UInt8]?,
        to topic: KafkaTopic,
        _ partition: Int32,
        _ producer: KafkaProducer
    ) {
        let result = bytes.withUnsafeBytes { value in
            while true {
                let attempt = { (key: UnsafeRawBufferPointer?) in
                    producer.produce(to: topic, partition: partition, key: key, value: value, timestampMilliseconds: 0)
                }
                let result = key.map { key in key.withUnsafeBytes { attempt($0) } } ?? attempt(nil)
                guard result == .queueFull else { return result }
                producer.poll(timeout: .milliseconds(50), expectAcknowledged)
            }
        }
        if result != .queued { stop("a record cannot be written: \(result)") }
    }
}

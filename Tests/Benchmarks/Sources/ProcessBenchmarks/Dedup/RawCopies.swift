import Kafka
import Tweets

/// Fills raw as two bridges do: every Tweet twice, keyed and placed, each copy with the header of its connection.
struct RawCopies {
    let source: TweetSource
    let tweetCount: Int
    let partitionCount: Int

    /// The second copy comes so many Tweets after the first.
    private static let distance = 500

    var recordCount: Int { 2 * tweetCount }

    /// Writes all of them, and waits until they are acknowledged.
    func write(to names: TopicNames, _ kafka: RealKafka) {
        attempt("filling \(names.raw)") { () throws(KafkaError) in
            let own: KafkaProperties = [
                "enable.idempotence": "true", "acks": "all", "compression.type": "lz4", "batch.size": "1000000",
                "message.max.bytes": "8388608",
            ]
            let producer = try KafkaProducer(kafka.properties.merging(own), observer: .silent)
            let raw = try producer.topic(names.raw, timeout: .seconds(20))
            let headers = ["a", "b"].map { connection in
                Array(RecordHeader(connection: connection, partition: 1, source: .live, session: "bench").text.utf8)
            }
            var line: [UInt8] = []
            for number in 0..<tweetCount + Self.distance {
                for (header, number) in zip(headers, [number, number - Self.distance])
                where (0..<tweetCount).contains(number) {
                    line.removeAll(keepingCapacity: true)
                    source.append(number, to: &line)
                    Self.send(line, source.id(number), header, raw, producer)
                }
            }
            guard producer.flush(timeout: .seconds(120), expectAcknowledged) else {
                throw KafkaError(code: .timedOut, message: "records are missing")
            }
        }
    }

    private static func send(
        _ line: [UInt8],
        _ id: TweetID?,
        _ header: [UInt8],
        _ raw: KafkaTopic,
        _ producer: KafkaProducer
    ) {
        let result = line.withUnsafeBytes { value in
            header.withUnsafeBytes { header in
                id?.withDecimal { key in
                    while true {
                        let result = producer.produce(
                            to: raw,
                            partition: KafkaPartitioner.partition(of: key, count: raw.partitionCount),
                            key: key,
                            value: value,
                            timestampMilliseconds: 0,
                            header: KafkaHeader(RecordHeader.name, header)
                        )
                        guard result == .queueFull else { return result }
                        producer.poll(timeout: .milliseconds(50), expectAcknowledged)
                    }
                }
            }
        }
        if result != .queued { stop("a record of raw cannot be written: \(String(describing: result))") }
    }

    /// Ends the benchmark unless `tweets` holds every Tweet once, in its partition, a sample of them byte for byte.
    func verify(_ names: TopicNames, _ kafka: RealKafka) {
        var seen = [Bool](repeating: false, count: tweetCount)
        var count = 0
        kafka.readCommitted(names.tweets, partitionCount: partitionCount) { message in
            guard let key = message.key, let id = TweetID(decimal: key),
                let number = source.number(of: id, count: tweetCount)
            else { stop("a record in tweets has a key that is no Tweet's") }
            if seen[number] { stop("Tweet \(id) is in tweets twice") }
            seen[number] = true
            count += 1
            if message.partition != KafkaPartitioner.partition(of: key, count: Int32(partitionCount)) {
                stop("Tweet \(id) is in partition \(message.partition) of tweets")
            }
            guard number.isMultiple(of: 61) else { return }
            guard let value = message.value, value.elementsEqual(source.line(number)) else {
                stop("Tweet \(id) is not in tweets as it was sent")
            }
        }
        if count != tweetCount { stop("tweets holds \(count) Tweets, not \(tweetCount)") }
    }
}

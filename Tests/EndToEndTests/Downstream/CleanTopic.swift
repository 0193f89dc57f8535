import Foundation
import Glibc
import Kafka
import KafkaTestSupport
import Tweets

/// A `tweets` topic on a real broker, filled by a dedup that died within a commit and was started again, with aborted
/// transactions of somebody else before, between and after; and what a reader must find in it.
struct CleanTopic {
    /// Why it could not be filled: every test that wants it fails with this, not only the first.
    struct Failure: Error, CustomStringConvertible {
        let description: String
    }

    static let partitionCount = 3

    /// Filled at the first use.
    static let shared = Result<CleanTopic, any Error> { try CleanTopic() }

    let brokers: String
    let name: String
    /// What a `read_committed` reader must find for each key, in order; nil is a tombstone.
    private(set) var truth: [String: [String?]] = [:]
    /// What nobody committed.
    private(set) var abortedKeys: Set<String> = []

    private let names: TopicNames
    private let environment: [String: String]
    private var copies: [(key: String, value: String?)] = []

    var recordCount: Int { truth.values.reduce(0) { $0 + $1.count } }

    private init() throws {
        let broker = try RealBroker.shared()
        brokers = broker.bootstrapServers
        names = TopicNames(prefix: RealBroker.uniqueName("downstream"))
        name = names.tweets
        environment = [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": brokers, "DECAHOSE_TOPICS_PREFIX": names.prefix,
            "DECAHOSE_STREAM_API": "v2", "DECAHOSE_DEDUP_INSTANCE": "one", "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
        let creation = try BuiltExecutable.run(
            ["topics", "create", "--replication-factor", "1", "--partitions", "\(Self.partitionCount)"],
            environment: environment
        )
        try Self.require(creation.exitCode == 0, "\(creation.errors)")
        makeTraffic(count: 2000)

        let half = copies.count / 2
        try abort("before")
        try send(copies[..<half])
        let dying = try RunningExecutable(
            ["dedup"],
            environment: environment.merging(["DECAHOSE_CRASH_POINT": "inside-commit:30"]) { $1 }
        )
        try Self.require(try dying.end() == 137, "\(dying.output.suffix(3000))")
        try abort("between")
        let dedup = try RunningExecutable(["dedup"], environment: environment)
        try send(copies[half...])
        try awaitRecords(recordCount, dedup)
        try abort("after")
        dedup.send(SIGTERM)
        try Self.require(try dedup.end() == 0, "\(dedup.output.suffix(3000))")
    }

    /// Tweets of two connections: most come twice, some are deleted between the copies, some before.
    private mutating func makeTraffic(count: Int) {
        let now = Instant(milliseconds: Int64(Date().timeIntervalSince1970 * 1000))
        let first = TweetID(earliestAt: now - .seconds(120)).rawValue
        for number in 0..<count {
            let key = "\(first + UInt64(number) << 12)"
            let value = { (copy: String) in "{\"id_str\":\"\(key)\",\"text\":\"\u{1F426} \(number) from \(copy)\"}" }
            let (a, b) = ((key: key, value: Optional(value("a"))), (key: key, value: Optional(value("b"))))
            let deletion = (key: key, value: String?.none)
            switch number % 20 {
            case 3:
                copies += [a, deletion, b, deletion]
                truth[key] = [a.value, nil]
            case 7:
                copies += [deletion, a, b]
                truth[key] = [nil]
            case 11:
                copies += [b]
                truth[key] = [b.value]
            default:
                copies += [a, b]
                truth[key] = [a.value]
            }
        }
    }

    private func send(_ copies: ArraySlice<(key: String, value: String?)>) throws {
        let producer = try KafkaProducer(
            ["bootstrap.servers": brokers, "enable.idempotence": "true"],
            observer: .silent
        )
        let raw = try producer.topic(names.raw, timeout: .seconds(30))
        for copy in copies { try produce(copy.key, copy.value, to: raw, producer) }
        try flush(producer)
    }

    /// Records in every partition of the clean topic, in a transaction that is aborted once they are in the log.
    private mutating func abort(_ when: String) throws {
        let producer = try KafkaProducer(
            ["bootstrap.servers": brokers, "transactional.id": "\(names.prefix)-stranger"],
            observer: .silent
        )
        try producer.initTransactions(timeout: .seconds(60))
        try producer.beginTransaction()
        let tweets = try producer.topic(name, timeout: .seconds(30))
        for number in 0..<30 {
            let key = "aborted-\(when)-\(number)"
            abortedKeys.insert(key)
            try produce(key, "{}", to: tweets, producer)
        }
        try flush(producer)
        try producer.abortTransaction(timeout: .seconds(60)) { _ in }
    }

    private func produce(_ key: String, _ value: String?, to topic: KafkaTopic, _ producer: KafkaProducer) throws {
        let header = Array("c=a p=1 s=live n=s1".utf8)
        let result = header.withUnsafeBytes { header in
            Array(key.utf8).withUnsafeBytes { key in
                let send = { (value: UnsafeRawBufferPointer?) in
                    producer.produce(
                        to: topic,
                        partition: KafkaPartitioner.partition(of: key, count: topic.partitionCount),
                        key: key,
                        value: value,
                        timestampMilliseconds: 0,
                        header: KafkaHeader(RecordHeader.name, header)
                    )
                }
                return value.map { Array($0.utf8).withUnsafeBytes(send) } ?? send(nil)
            }
        }
        try Self.require(result == .queued, "a record was refused")
    }

    private func flush(_ producer: KafkaProducer) throws {
        var failures = 0
        let isFlushed = producer.flush(timeout: .seconds(60)) { report in failures += report.error == nil ? 0 : 1 }
        try Self.require(isFlushed && failures == 0, "\(failures) records failed")
    }

    /// Waits until so many committed records can be read, so that their transactions' markers are there too.
    private func awaitRecords(_ count: Int, _ dedup: RunningExecutable) throws {
        let consumer = try KafkaConsumer(
            [
                "bootstrap.servers": brokers, "group.id": "\(names.prefix)-waiting",
                "isolation.level": "read_committed",
                "enable.auto.commit": "false", "auto.offset.reset": "error",
            ],
            observer: .silent
        )
        try consumer.assign(
            (0..<Int32(Self.partitionCount)).map {
                KafkaPosition(KafkaPartition(topic: name, partition: $0), offset: KafkaPosition.beginning)
            }
        )
        var found = 0
        let deadline = ContinuousClock.now + .seconds(180)
        while found < count {
            if case .message = consumer.poll(timeout: .milliseconds(100)) { found += 1 }
            try Self.require(
                dedup.isRunning && ContinuousClock.now < deadline,
                "\(found) of \(count) came; dedup says: \(dedup.output.suffix(3000))"
            )
        }
    }

    private static func require(_ isSo: Bool, _ otherwise: @autoclosure () -> String) throws {
        if !isSo { throw Failure(description: otherwise()) }
    }
}

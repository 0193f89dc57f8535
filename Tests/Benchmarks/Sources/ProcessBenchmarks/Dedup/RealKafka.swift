import Glibc
import Kafka
import KafkaTestSupport
import Tweets

/// A real Kafka: only there do transactions commit offsets, and only there is a read_committed reader one.
struct RealKafka: Sendable {
    let servers: String
    private let decahose: String

    /// The node of `KAFKA_HOME`, or what `DECAHOSE_TEST_BROKERS` names; nil where neither is set.
    init?(decahose: String) {
        guard RealBroker.isAvailable else { return nil }
        do {
            servers = try RealBroker.shared().bootstrapServers
        } catch {
            stop("the real Kafka cannot be used: \(error)")
        }
        self.decahose = decahose
    }

    /// What every role of the product is told.
    func environment(_ names: TopicNames) -> [String: String] {
        [
            "DECAHOSE_KAFKA_BOOTSTRAP_SERVERS": servers,
            "DECAHOSE_TOPICS_PREFIX": names.prefix,
            "DECAHOSE_STREAM_API": "v2",
            "DECAHOSE_HTTP_LISTEN": "127.0.0.1:0",
        ]
    }

    /// Makes the product's topics under a new prefix, by its own command.
    func makeTopics(_ base: String, partitionCount: Int) -> TopicNames {
        let names = TopicNames(prefix: RealBroker.uniqueName(base))
        let process = ChildProcess(
            [
                decahose, "topics", "create", "--replication-factor", "1", "--partitions", "\(partitionCount)",
            ],
            environment: environment(names)
        )
        while process.readLine() != nil { continue }
        if process.wait().status != 0 { stop("'decahose topics create' failed at \(servers)") }
        return names
    }

    /// Makes one more topic.
    func makeTopic(_ name: String, partitionCount: Int) {
        attempt("topic \(name)") { () throws(KafkaError) in
            let admin = try KafkaAdmin(properties, observer: .silent)
            let topic = KafkaNewTopic(
                name: name,
                partitionCount: partitionCount,
                replicationFactor: 1,
                settings: ["max.message.bytes": "8388608"]
            )
            if let error = try admin.createTopics([topic], timeout: .seconds(30))[name] { throw error }
        }
    }

    /// Gives the disk back.
    func deleteTopics(_ names: [String]) {
        attempt("deleting topics") { () throws(KafkaError) in
            let admin = try KafkaAdmin(properties, observer: .silent)
            if let error = try admin.deleteTopics(names, timeout: .seconds(30)).values.first { throw error }
        }
    }

    var properties: KafkaProperties { ["bootstrap.servers": servers] }

    /// Waits until the group has committed all that raw holds.
    ///
    /// - Returns: Whether it has, before the process ended and within so many seconds.
    func awaitCommitted(_ names: TopicNames, partitionCount: Int, by process: ChildProcess, seconds: Int) -> Bool {
        let raw = Self.partitions(names.raw, partitionCount)
        let deadline = ContinuousClock.now + .seconds(seconds)
        return attempt("offsets of \(names.dedupGroup)") { () throws(KafkaError) in
            let query = try KafkaWatermarkQuery(properties, observer: .silent)
            let own: KafkaProperties = ["group.id": names.dedupGroup]
            let group = try KafkaConsumer(properties.merging(own), observer: .silent)
            while process.isRunning, ContinuousClock.now < deadline {
                let ends = try query.watermarks(of: raw, timeout: .seconds(10))
                let offsets = (try? group.committed(raw, timeout: .seconds(1))) ?? [:]
                let isDone = raw.allSatisfy { partition in
                    guard let high = ends[partition]?.high else { return false }
                    return high == 0 || offsets[partition] == .offset(high)
                }
                if isDone { return true }
                // The broker tells nobody when a group commits, and questions without a pause would load the machine under test.
                usleep(20_000)
            }
            return false
        }
    }

    /// Visits everything that a read_committed reader finds in a topic now.
    func readCommitted(_ topic: String, partitionCount: Int, _ visit: (borrowing KafkaMessage) -> Void) {
        attempt("reading \(topic)") { () throws(KafkaError) in
            let reader = try KafkaConsumer(properties.merging(Self.readerProperties), observer: .silent)
            var open = Set(Self.partitions(topic, partitionCount))
            try reader.assign(open.map { KafkaPosition($0, offset: KafkaPosition.beginning) })
            while !open.isEmpty {
                switch reader.poll(timeout: .seconds(20)) {
                case .message(let message): visit(message)
                case .partitionEnd(let position): open.remove(position.partition)
                case .error(let error, _): throw error
                case .nothing: throw KafkaError(code: .timedOut, message: "it is not read to its end")
                }
            }
        }
    }

    /// What somebody reads `tweets` with.
    static let readerProperties: KafkaProperties = [
        "group.id": "bench-reader", "isolation.level": "read_committed", "enable.auto.commit": "false",
        "enable.partition.eof": "true", "auto.offset.reset": "earliest", "fetch.message.max.bytes": "8388608",
    ]

    static func partitions(_ topic: String, _ count: Int) -> [KafkaPartition] {
        (0..<Int32(count)).map { KafkaPartition(topic: topic, partition: $0) }
    }
}

/// Does what must succeed for anything to be measured.
@discardableResult
func attempt<Value>(_ what: String, _ body: () throws(KafkaError) -> Value) -> Value {
    do {
        return try body()
    } catch {
        stop("\(what): \(error)")
    }
}

/// Takes the reports of records without which nothing is measured.
func expectAcknowledged(_ report: borrowing KafkaDeliveryReport) {
    if let error = report.error { stop("a record was refused: \(error.text)") }
}

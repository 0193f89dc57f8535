import Glibc
public import Kafka
public import Operations
public import Tweets

/// What every role makes sure of before it starts: the topics are there, with the partition count on record.
///
/// Adding partitions would send the second copy of a Tweet elsewhere and break uniqueness, so the count is fixed with the
/// first start: recorded in control, and compared ever after.
public enum TopicCheck {
    /// Checks the topics, and records the partition count where nobody has.
    ///
    /// Blocks for at most about twice `timeout`.
    ///
    /// - Parameters:
    ///   - names: The topics.
    ///   - properties: The connection: the user's librdkafka properties, and a client ID.
    ///   - recordedBy: Role, host and process, for the record.
    ///   - now: The wall clock.
    ///   - timeout: How long Kafka may take to answer.
    ///   - observer: Takes librdkafka's log.
    /// - Returns: The partitions of raw, tweets and seen.
    /// - Throws: ``ProcessExit/kafkaUnreachable`` where Kafka does not answer in time, for the caller to try again or to
    ///   give up; ``ProcessExit/configuration`` where topics are missing or have another partition count.
    public static func requireTopics(
        _ names: TopicNames,
        properties: KafkaProperties,
        recordedBy: String,
        now: () -> Instant = WallClock.now,
        timeout: Duration = .seconds(30),
        observer: KafkaObserver
    ) throws(ExitError) -> Int {
        let trouble = ConnectionTrouble()
        let observer = trouble.listening(for: observer)
        let brokers = properties["bootstrap.servers"] ?? properties["metadata.broker.list"] ?? ""
        do {
            let count = try partitionCount(names, properties: properties, timeout: timeout, observer: observer)
            let onRecord = TopicsOnRecord(names: names, properties: properties, observer: observer)
            if try onRecord.read(timeout: timeout).isEmpty {
                let record = TopicsRecord(partitions: count, recordedAt: now(), recordedBy: recordedBy)
                try onRecord.write(record, timeout: timeout)
            }
            // Read back to the end: another process may have recorded another count at the same moment.
            for record in try onRecord.read(timeout: timeout) where record.partitions != count {
                throw ExitError(.configuration, otherCount(names, found: count, record))
            }
            return count
        } catch let error as ExitError {
            throw error
        } catch let error as KafkaError {
            if error.code.isRefusal {
                throw ExitError(.configuration, error.aboutControl(names.control, "read and write") + ".")
            }
            throw ExitError.unreachable(brokers, error, trouble)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    /// What the metadata say: the count, or what is missing.
    static func partitionCount(in metadata: KafkaMetadata, names: TopicNames) throws(ExitError) -> Int {
        for name in names.all {
            if let error = metadata.topics[name]?.error, error != .unknownTopicOrPartition {
                throw ExitError(.configuration, "Topic \(name) cannot be used: \(error.text) (\(error.name)).")
            }
        }
        let missing = names.all.filter { (metadata.topics[$0]?.partitions.count ?? 0) == 0 }
        guard missing.isEmpty else {
            throw ExitError(
                .configuration,
                """
                Kafka has no topic \(missing.joined(separator: ", ")). Create the topics first: decahose topics create \
                (with the same topics.prefix, now \(names.prefix)); where they exist, this user may not see them and needs \
                the ACL Describe.
                """
            )
        }
        let counts = names.copartitioned.map { ($0, metadata.topics[$0]?.partitions.count ?? 0) }
        guard Set(counts.map(\.1)).count == 1, let count = counts.first?.1 else {
            let list = counts.map { "\($0.0) has \($0.1)" }.joined(separator: ", ")
            throw ExitError(
                .configuration,
                "The topics need the same number of partitions: \(list). Use a new topics.prefix and create its topics."
            )
        }
        guard metadata.topics[names.control]?.partitions.count == 1 else {
            throw ExitError(
                .configuration,
                "\(names.control) must have 1 partition. Use a new topics.prefix and create its topics."
            )
        }
        return count
    }

    private static func partitionCount(
        _ names: TopicNames,
        properties: KafkaProperties,
        timeout: Duration,
        observer: KafkaObserver
    ) throws -> Int {
        let admin = try KafkaAdmin(properties, observer: observer)
        let deadline = ContinuousClock.now + timeout
        while true {
            do {
                return try partitionCount(in: admin.metadata(timeout: deadline - .now), names: names)
            } catch let error as KafkaError {
                // librdkafka gives up at once when all brokers are down for the moment; time is left to try again.
                guard deadline - .now > .seconds(1), !error.isFatal else { throw error }
                usleep(500_000)
            }
        }
    }

    private static func otherCount(_ names: TopicNames, found: Int, _ record: TopicsRecord) -> String {
        """
        \(names.raw), \(names.tweets) and \(names.seen) have \(found) partitions, but \(record.partitions) are on record \
        (by \(record.recordedBy), \(record.recordedAt)). Tweets are placed by that number: another one breaks \
        uniqueness. To grow, create topics under a new topics.prefix and replay.
        """
    }
}

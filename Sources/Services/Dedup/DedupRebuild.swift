import Dedup
import Glibc
import Kafka
public import Logging
import Operations
public import Settings
import Tweets

/// `decahose dedup rebuild`: reads `tweets`, and writes the changelog afresh with the offsets that the group had.
///
/// Belongs to one thread, which it blocks.
public struct DedupRebuild {
    private let environment: DedupEnvironment
    private let say: (String) -> Void

    /// How long one partition's transaction may take; brokers allow 15 min by default.
    private static let transactionTimeout: Duration = .seconds(600)
    private static let callTimeout: Duration = .seconds(30)
    /// A member that was stopped is known to the group for its session time-out, 10 s.
    private static let groupPatience: Duration = .seconds(30)

    /// A rebuild with the settings of the stage.
    ///
    /// - Parameters:
    ///   - settings: Those of dedup.
    ///   - logger: Takes what goes wrong underneath.
    ///   - say: Takes lines for people, with their line ends.
    /// - Throws: ``InvalidConfiguration`` and ``ExitError`` where they cannot work.
    public init(_ settings: DedupSettings, logger: Logger, say: @escaping (String) -> Void) throws {
        environment = try DedupEnvironment(settings, logger: logger)
        self.say = say
    }

    init(_ environment: DedupEnvironment, say: @escaping (String) -> Void) {
        self.environment = environment
        self.say = say
    }

    /// Makes the sets of these partitions, or of all, anew.
    ///
    /// - Throws: ``ExitError``: configuration where dedup still runs or a partition does not exist, `kafkaUnreachable`
    ///   where Kafka does not answer.
    public func run(partitions: [Int]) throws {
        let count = try TopicCheck.requireTopics(
            environment.names,
            properties: environment.kafka,
            recordedBy: environment.recordedBy,
            timeout: Self.callTimeout,
            observer: environment.observer
        )
        if let stranger = partitions.first(where: { $0 >= count }) {
            throw ExitError(.configuration, "There is no partition \(stranger): \(environment.names.raw) has \(count).")
        }
        do {
            let clients = try DedupClients(
                environment,
                transactionTimeout: Self.transactionTimeout,
                timeout: Self.callTimeout
            )
            for partition in partitions.isEmpty ? Array(0..<count) : partitions {
                try rebuild(Int32(partition), clients)
            }
        } catch let error as KafkaError {
            throw ExitError(.kafkaUnreachable, "The rebuild has stopped at an error of Kafka: \(error). Run it again.")
        }
    }

    private func rebuild(_ partition: Int32, _ clients: DedupClients) throws {
        let names = environment.names
        let raw = KafkaPartition(topic: names.raw, partition: partition)
        let offset = try inputOffset(raw, clients)
        let fold = try readTweets(partition, clients)
        let read = fold.records
        let changelog = fold.changelog(nextOffset: offset)
        // Metadata of a handle that is no member: the broker takes its offsets only while the group is empty.
        let group = try clients.offsets.groupMetadata()
        let deadline = ContinuousClock.now + Self.groupPatience
        while true {
            do {
                try write(changelog, raw, offset, group, clients)
                break
            } catch {
                let isOccupied = [.unknownMemberID, .illegalGeneration, .fencedInstanceID].contains(error.code)
                guard isOccupied || error.requiresAbort else { throw error }
                try clients.producer.abortTransaction(timeout: Self.callTimeout) { _ in }
                guard deadline > .now else {
                    throw ExitError(
                        .configuration,
                        "The group \(names.dedupGroup) has members. Stop all dedup instances, then run this again."
                    )
                }
                usleep(1_000_000)
            }
        }
        let ids = changelog.reduce(0) { $0 + $1.entries.count + $1.farFuture.count }
        say("partition \(partition): \(ids) IDs out of \(read) records of \(names.tweets), input offset \(offset)\n")
    }

    private func inputOffset(_ raw: KafkaPartition, _ clients: DedupClients) throws(KafkaError) -> Int64 {
        let deadline = ContinuousClock.now + Self.callTimeout
        while true {
            do throws(KafkaError) {
                let marks = try clients.watermarks.watermarks(of: [raw], timeout: Self.callTimeout)[raw]
                guard let marks else { throw KafkaError(code: .timedOut) }
                switch try clients.offsets.committed([raw], timeout: .seconds(1))[raw] {
                // An offset that raw no longer reaches belongs to a topic that was cut or made anew.
                case .offset(let offset): return offset > marks.high ? marks.low : offset
                case .absent: return marks.low
                case .unknown(let code): throw KafkaError(code: code, isRetriable: true)
                case nil: throw KafkaError(code: .timedOut, isRetriable: true)
                }
            } catch {
                guard deadline > .now else { throw error }
            }
        }
    }

    private func readTweets(_ partition: Int32, _ clients: DedupClients) throws(KafkaError) -> RebuildFold {
        let tweets = KafkaPartition(topic: environment.names.tweets, partition: partition)
        guard let marks = try clients.watermarks.watermarks(of: [tweets], timeout: Self.callTimeout)[tweets] else {
            throw KafkaError(code: .timedOut)
        }
        var fold = RebuildFold(timing: environment.timing)
        try clients.changelog.assign([KafkaPosition(tweets, offset: marks.low)])
        var position = marks.low
        var shownAt = ContinuousClock.now
        while position < marks.high {
            switch clients.changelog.poll(timeout: .milliseconds(100)) {
            case .nothing: break
            case .message(let message):
                position = message.offset + 1
                guard let id = message.key.flatMap({ TweetID(decimal: $0) }) else { break }
                fold.add(id, isDelete: message.value == nil, received: received(message))
            case .partitionEnd(let end):
                // Behind an open transaction: the end comes again when it has ended.
                position = max(position, end.offset)
            case .error(let error, _):
                throw error
            }
            if ContinuousClock.now - shownAt > .seconds(10) {
                shownAt = .now
                say("partition \(partition): at offset \(position) of \(marks.high), \(fold.records) records\n")
            }
        }
        return fold
    }

    /// The time that dedup noted behind the provenance; the timestamp where it is not there.
    private func received(_ message: borrowing KafkaMessage) -> Instant {
        let stamp = Instant(milliseconds: message.timestampMilliseconds ?? 0)
        guard let header = message.header(RecordHeader.name) else { return stamp }
        for field in header.split(separator: 0x20) where field.starts(with: "r=".utf8) {
            let digits = UnsafeRawBufferPointer(rebasing: field.dropFirst(2))
            if let number = TweetID(decimal: digits) { return Instant(milliseconds: Int64(number.rawValue)) }
        }
        return stamp
    }

    private func write(
        _ changelog: [SeenRecord],
        _ raw: KafkaPartition,
        _ offset: Int64,
        _ group: KafkaGroupMetadata,
        _ clients: DedupClients
    ) throws(KafkaError) {
        try clients.producer.beginTransaction()
        for record in changelog {
            var bytes: [UInt8] = []
            record.encode(into: &bytes)
            let result = bytes.withUnsafeBytes { value in
                DedupOutput.produce(clients) {
                    clients.producer.produce(
                        to: clients.seen,
                        partition: raw.partition,
                        key: nil,
                        value: value,
                        timestampMilliseconds: 0
                    )
                }
            }
            if case .failed(let reason) = result {
                throw KafkaError(code: .state, message: reason, requiresAbort: true)
            }
        }
        try clients.producer.sendOffsets([KafkaPosition(raw, offset: offset)], group: group, timeout: Self.callTimeout)
        while true {
            do {
                return try clients.producer.commitTransaction(timeout: Self.callTimeout) { _ in }
            } catch {
                guard error.isRetriable else { throw error }
            }
        }
    }
}

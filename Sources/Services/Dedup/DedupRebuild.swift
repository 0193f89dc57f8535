import Dedup
import Glibc
import Kafka
public import Logging
import Operations
public import Settings
import Tweets

/// `decahose dedup rebuild`: reads `tweets`, and writes the changelog afresh with the offsets that the group had.
///
/// It joins the group itself and works only while it owns all partitions, so no instance can run beside it. Belongs to
/// one thread, which it blocks.
public struct DedupRebuild {
    let environment: DedupEnvironment
    let say: (String) -> Void

    /// How long the transaction of one partition may take: all that it writes was made before it begins.
    private static let transactionTimeout: Duration = .seconds(120)
    static let callTimeout: Duration = .seconds(30)
    /// In the transactional ID: two rebuilds at once shut each other out, and an instance is not disturbed.
    private static let name = "rebuild"

    /// A rebuild with the settings of the stage.
    ///
    /// - Parameters:
    ///   - settings: Those of dedup.
    ///   - logger: Takes what goes wrong underneath.
    ///   - say: Takes lines for people, with their line ends.
    /// - Throws: ``InvalidConfiguration`` and ``ExitError`` where they cannot work.
    public init(_ settings: DedupSettings, logger: Logger, say: @escaping (String) -> Void) throws {
        self.init(try DedupEnvironment(settings, logger: logger), say: say)
    }

    init(_ environment: DedupEnvironment, say: @escaping (String) -> Void) {
        var environment = environment
        environment.instance = Self.name
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
                isStaticMember: false,
                transactionTimeout: Self.transactionTimeout,
                timeout: Self.callTimeout
            )
            let place = RebuildPlace(clients.consumer, names: environment.names, partitionCount: count)
            try place.take()
            defer { place.leave() }
            let chosen = partitions.isEmpty ? Array(0..<count) : partitions
            let begun = environment.clock()
            for (index, partition) in chosen.enumerated() {
                // What a partition holds is about the same for all.
                try rebuild(Int32(partition), clients, place) { share in
                    let whole = (Double(index) + share) / Double(chosen.count)
                    return ReadingProgress(share: whole, elapsed: environment.clock() - begun)
                }
            }
        } catch let error as KafkaError {
            throw ExitError(.kafkaUnreachable, "The rebuild has stopped at an error of Kafka: \(error). Run it again.")
        }
    }

    /// - Parameter whole: How far the work on all partitions is, from how far this one is.
    private func rebuild(
        _ partition: Int32,
        _ clients: DedupClients,
        _ place: RebuildPlace,
        whole: (Double) -> ReadingProgress
    ) throws {
        let names = environment.names
        let raw = KafkaPartition(topic: names.raw, partition: partition)
        // Before the offset is asked for: whoever owns the partition in between makes the broker refuse the commit.
        let group = try place.metadata()
        let offset = try inputOffset(raw, clients, place)
        let fold = try readTweets(partition, clients, place, whole: whole)
        let read = fold.records
        let changelog = fold.changelog(nextOffset: offset)
        do {
            try write(changelog, raw, offset, group, clients)
        } catch {
            guard error.requiresAbort else { throw error }
            try clients.producer.abortTransaction(timeout: Self.callTimeout) { _ in }
            let changes: [KafkaErrorCode] = [.unknownMemberID, .illegalGeneration, .fencedInstanceID]
            if changes.contains(error.code) { throw place.occupied }
            throw error
        }
        let ids = changelog.reduce(0) { $0 + $1.entries.count + $1.farFuture.count }
        say("partition \(partition): \(ids) IDs out of \(read) records of \(names.tweets), input offset \(offset)\n")
    }

    private func inputOffset(
        _ raw: KafkaPartition,
        _ clients: DedupClients,
        _ place: RebuildPlace
    ) throws -> Int64 {
        let deadline = ContinuousClock.now + Self.callTimeout
        while true {
            do {
                let marks = try clients.watermarks.watermarks(of: [raw], timeout: Self.callTimeout)[raw]
                guard let marks else { throw KafkaError(code: .timedOut) }
                let ends = marks.low..<marks.high
                switch try clients.offsets.committed([raw], timeout: .seconds(1))[raw] {
                case .offset(let offset):
                    return RebuildFold.inputOffset(committed: offset, changelog: nil, raw: ends)
                case .absent:
                    let told = try changelogEnd(raw.partition, clients, place)
                    return RebuildFold.inputOffset(committed: nil, changelog: told, raw: ends)
                case .unknown(let code): throw KafkaError(code: code, isRetriable: true)
                case nil: throw KafkaError(code: .timedOut, isRetriable: true)
                }
            } catch let error as KafkaError {
                guard deadline > .now else { throw error }
            }
        }
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

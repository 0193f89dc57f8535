import Dedup
import Kafka
import Operations
import Tweets

/// The Kafka clients of one instance, made together and given up together.
///
/// Belongs to one thread.
final class DedupClients {
    /// Reads raw, uncommitted, as a static member of the group.
    let consumer: KafkaConsumer
    /// Knows the group's stable offsets: only a read_committed handle does, and it never subscribes.
    let offsets: KafkaConsumer
    let watermarks: KafkaWatermarkQuery
    let producer: KafkaProducer
    let raw: KafkaTopic
    let tweets: KafkaTopic
    let seen: KafkaTopic
    let late: KafkaTopic
    let deadletter: KafkaTopic
    let control: KafkaTopic

    /// Connects, and fences off whoever had this instance's transactional ID; its open transaction is aborted.
    ///
    /// Blocks for at most about twice `timeout`. The group is not joined yet.
    init(
        _ environment: DedupEnvironment,
        isStaticMember: Bool = true,
        transactionTimeout: Duration = DedupTransactionMachine.transactionTimeout,
        timeout: Duration
    ) throws(KafkaError) {
        let names = environment.names
        let observer = environment.observer
        producer = try KafkaProducer(
            environment.kafka.merging(Self.producerProperties(environment, transactionTimeout)),
            observer: observer
        )
        // All of them connect, and find the group's coordinator, while the producer is registered.
        consumer = try KafkaConsumer(
            environment.kafka.merging(Self.consumerProperties(environment, isStaticMember)),
            observer: observer
        )
        let committedReader: KafkaProperties = [
            "group.id": names.dedupGroup, "isolation.level": "read_committed", "enable.auto.commit": "false",
        ]
        offsets = try KafkaConsumer(environment.kafka.merging(committedReader), observer: observer)
        watermarks = try KafkaWatermarkQuery(environment.kafka, observer: observer)
        let metadata = try producer.metadata(timeout: timeout)
        raw = try producer.topic(names.raw, in: metadata)
        tweets = try producer.topic(names.tweets, in: metadata)
        seen = try producer.topic(names.seen, in: metadata)
        late = try producer.topic(names.late, in: metadata)
        deadletter = try producer.topic(names.deadletter, in: metadata)
        control = try producer.topic(names.control, in: metadata)
        try Self.register(producer, timeout: timeout)
    }

    private static func producerProperties(
        _ environment: DedupEnvironment,
        _ transactionTimeout: Duration
    ) -> KafkaProperties {
        [
            "transactional.id": environment.names.dedupTransactionalID(instance: environment.instance),
            "transaction.timeout.ms": "\(transactionTimeout.milliseconds)",
            "enable.idempotence": "true",
            "acks": "all",
            "compression.type": "lz4",
            "linger.ms": "5",
            "batch.size": "1000000",
            "message.max.bytes": "8388608",
            // Records wait here until they are acknowledged; reading stops where it is full. Room for the largest record,
            // and for two batches beside it.
            "queue.buffering.max.messages": "0",
            "queue.buffering.max.kbytes": "10240",
        ]
    }

    private static func consumerProperties(_ environment: DedupEnvironment, _ isStatic: Bool) -> KafkaProperties {
        // A static member that is started again finds its partitions as it left them, without a rebalance.
        let name: KafkaProperties = ["group.instance.id": environment.instance]
        let properties: KafkaProperties = [
            "group.id": environment.names.dedupGroup,
            "session.timeout.ms": "10000",
            "heartbeat.interval.ms": "2000",
            // Cooperative, so that an instance that comes or goes does not make the others drop their sets.
            "partition.assignment.strategy": "cooperative-sticky",
            "isolation.level": "read_uncommitted",
            "enable.auto.commit": "false",
            "enable.auto.offset.store": "false",
            "auto.offset.reset": "error",
            "enable.partition.eof": "true",
            "fetch.wait.max.ms": "50",
            // Little lies unpacked in memory, and is in the processor's cache still when it is read; the loop sees to
            // it that more is fetched at once where that runs out.
            "queued.max.messages.kbytes": "5120",
            "fetch.message.max.bytes": "131072",
            // Over all partitions, however many there are; a batch that is larger comes by itself.
            "fetch.max.bytes": "1048576",
        ]
        return isStatic ? properties.merging(name) : properties
    }

    /// A reader of the changelog, or of what else only committed records count of.
    ///
    /// - Parameter share: How many of them share the memory for what was fetched.
    static func changelogProperties(_ environment: DedupEnvironment, share: Int = 1) -> KafkaProperties {
        let own: KafkaProperties = [
            "group.id": "\(environment.names.dedupGroup)-restore", "isolation.level": "read_committed",
            "enable.auto.commit": "false", "auto.offset.reset": "error", "enable.partition.eof": "true",
            "fetch.wait.max.ms": "100",
            // Each record is small, and what librdkafka keeps with it, some 500 bytes, is not.
            "queued.min.messages": "\(40_000 / share)", "queued.max.messages.kbytes": "\(16_384 / share)",
            "fetch.message.max.bytes": "524288", "fetch.max.bytes": "1048576",
        ]
        return environment.kafka.merging(own)
    }

    private static func register(_ producer: KafkaProducer, timeout: Duration) throws(KafkaError) {
        let deadline = ContinuousClock.now + timeout
        while true {
            do {
                return try producer.initTransactions(timeout: max(.seconds(1), deadline - .now))
            } catch {
                guard error.isRetriable, deadline > .now else { throw error }
            }
        }
    }
}

extension DedupClients {
    /// What can be done about an error, to follow it; empty where waiting is all.
    static func advice(_ code: KafkaErrorCode) -> String {
        switch code {
        case _ where code.isRefusal:
            ". Allow this user to read and write raw, to write tweets, seen, late, deadletter and control, to read seen,"
                + " and to use the group and the transactional IDs that begin with <prefix>-dedup: 'decahose topics acls dedup'"
        case .unknownTopicOrPartition, .unknownTopic:
            ". Make it with decahose topics create; where it is there, allow this user to describe, read and write it"
        case .fenced, .producerFenced, .invalidProducerEpoch, .fencedInstanceID:
            ". Where another process has the same dedup.instance, give each a name of its own"
        default: ""
        }
    }

    /// Why the stage cannot start, with the exit code that tells whether starting again may help.
    static func startFailure(_ error: KafkaError) -> ExitError {
        let isRefused = error.code.isRefusal
        return ExitError(
            isRefused ? .configuration : .kafkaUnreachable,
            "Kafka could not be prepared for dedup: \(error)\(advice(error.code))."
        )
    }
}

extension DedupTransactionMachine.Outcome {
    /// What to look at where a call on the producer fails because brokers do not take what was written.
    private static func whereToLook(_ code: KafkaErrorCode) -> String {
        switch code {
        case .timedOut, .requestTimedOut, .recordTimedOut, .notEnoughReplicas, .notEnoughReplicasAfterAppend,
            .storageError, .allBrokersDown, .transport, .purgedInFlight, .purgedFromQueue:
            ". If it stays so: see whether the brokers answer, have room on their disks, and have as many replicas in"
                + " sync as min.insync.replicas asks for (kafka-topics.sh --describe --under-min-isr-partitions)"
        default: ""
        }
    }

    /// What a failed call on the producer means.
    init(_ error: KafkaError, producer: KafkaProducer) {
        let text = "\(error)\(DedupClients.advice(error.code))\(Self.whereToLook(error.code))"
        let cause = error.isFatal ? producer.fatalError()?.code ?? error.code : error.code
        let fencing: [KafkaErrorCode] = [.fenced, .producerFenced, .invalidProducerEpoch]
        if error.isFatal, fencing.contains(cause) || fencing.contains(error.code) {
            self = .fenced(text)
        } else if error.isFatal {
            self = .fatal(text)
        } else if error.requiresAbort {
            self = .mustAbort(text)
        } else if error.isRetriable || error.code == .timedOut {
            self = .retry(text)
        } else {
            self = .fatal(text)
        }
    }
}

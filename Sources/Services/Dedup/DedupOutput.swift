import Dedup
import Kafka
import Operations
import Tweets

/// Writes what was decided: bytes are handed on as they are, and one header is built in a buffer of its own.
struct DedupOutput {
    /// What became of the records of one decision.
    enum Result {
        case queued
        /// Kafka does not take them; the transaction must be aborted.
        case failed(String)
    }

    private var header: [UInt8] = []
    private let ownHeader = Array(
        RecordHeader(connection: "", partition: 0, source: .dedup, session: "").text.utf8
    )

    private static let receivedTag: StaticString = " r="
    private static let dh = RecordHeader.name

    init() {
        header.reserveCapacity(256)
    }

    /// Writes the records that a verdict asks for.
    mutating func write(
        _ verdict: DedupVerdict,
        _ message: borrowing KafkaMessage,
        received: Instant,
        _ clients: DedupClients
    ) -> Result {
        switch verdict {
        case .emitted(let timestamp):
            return forward(message, to: clients.tweets, timestamp: timestamp, received: received, clients)
        case .deleted(let timestamp):
            return forward(message, to: clients.tweets, timestamp: timestamp, received: received, clients)
        case .late:
            return forward(message, to: clients.late, timestamp: received, received: received, clients)
        case .deletedLate(let timestamp):
            let first = forward(message, to: clients.tweets, timestamp: timestamp, received: received, clients)
            if case .failed = first { return first }
            return forward(message, to: clients.late, timestamp: timestamp, received: received, clients)
        case .suppressed:
            // Stamped with now: raw's retention and compaction run on the clock of operations.
            return ownHeader.withUnsafeBytes { header in
                Self.produce(
                    to: clients.raw,
                    partition: message.partition,
                    key: message.key,
                    value: nil,
                    timestamp: 0,
                    header: header,
                    clients
                )
            }
        case .duplicate, .deletedAgain, .ownTombstone:
            return .queued
        }
    }

    /// Writes a record whose key is no Tweet ID to the dead letters, with the reason.
    mutating func writeUnreadable(
        _ message: borrowing KafkaMessage,
        received: Instant,
        _ clients: DedupClients
    ) -> Result {
        let reason = "s=dedup reason=key-is-no-tweet-id raw=\(message.partition):\(message.offset)"
        return Array(reason.utf8).withUnsafeBytes { header in
            Self.produce(
                to: clients.deadletter,
                partition: message.partition % clients.deadletter.partitionCount,
                key: message.key,
                value: message.value,
                timestamp: received.milliseconds,
                header: header,
                clients
            )
        }
    }

    private mutating func forward(
        _ message: borrowing KafkaMessage,
        to topic: KafkaTopic,
        timestamp: Instant,
        received: Instant,
        _ clients: DedupClients
    ) -> Result {
        header.removeAll(keepingCapacity: true)
        if let given = message.header(Self.dh) { header.append(contentsOf: given) }
        Self.receivedTag.withUTF8Buffer { header.append(contentsOf: $0) }
        if let number = TweetID(UInt64(max(1, received.milliseconds))) {
            number.withDecimal { header.append(contentsOf: $0) }
        }
        return header.withUnsafeBytes { header in
            Self.produce(
                to: topic,
                partition: message.partition % topic.partitionCount,
                key: message.key,
                value: message.value,
                timestamp: timestamp.milliseconds,
                header: header,
                clients
            )
        }
    }

    private static func produce(
        to topic: KafkaTopic,
        partition: Int32,
        key: UnsafeRawBufferPointer?,
        value: UnsafeRawBufferPointer?,
        timestamp: Int64,
        header: UnsafeRawBufferPointer,
        _ clients: DedupClients
    ) -> Result {
        produce(clients) {
            clients.producer.produce(
                to: topic,
                partition: partition,
                key: key,
                value: value,
                timestampMilliseconds: timestamp,
                header: KafkaHeader(dh, header)
            )
        }
    }

    /// Tries again while the buffer is full, for as long as the transaction can last.
    static func produce(_ clients: DedupClients, _ attempt: () -> KafkaProduceResult) -> Result {
        var waits = 0
        while true {
            switch attempt() {
            case .queued: return .queued
            case .rejected(let code): return .failed("a record cannot be written: \(code.text) (\(code.name))")
            case .queueFull:
                guard waits < 100 else { return .failed("Kafka takes no records: the producer's buffer stays full") }
                waits += 1
                clients.producer.poll(timeout: .milliseconds(100)) { _ in }
            }
        }
    }
}

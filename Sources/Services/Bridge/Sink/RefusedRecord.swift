import Ingest
import Kafka
import Tweets

/// A copy of a record that came back, to be sent again.
///
/// Its bytes are one allocation, since a whole buffer may come back at once.
struct RefusedRecord {
    /// What a record that Kafka refused says in the deadletter topic.
    private static let reason = Array(" e=refused".utf8)

    private(set) var opaque: RecordOpaque
    private(set) var code: KafkaErrorCode
    private let partitionGiven: Int32
    private let timestampMilliseconds: Int64
    /// Key, value and header, one after the other.
    private var bytes: [UInt8] = []
    private var keyCount: Int?
    private var valueCount: Int?
    private var headerCount: Int?

    init(_ report: borrowing KafkaDeliveryReport, code: KafkaErrorCode) {
        self.code = code
        opaque = RecordOpaque(word: report.opaque)
        // What follows is a copy.
        opaque.loan = 0
        partitionGiven = report.partition
        timestampMilliseconds = report.timestampMilliseconds
        let key = report.key
        let value = report.value
        let header = report.header(RecordHeader.name)
        keyCount = key?.count
        valueCount = value?.count
        headerCount = header?.count
        bytes.reserveCapacity((keyCount ?? 0) + (valueCount ?? 0) + (headerCount ?? 0))
        for part in [key, value, header] {
            if let part { bytes.append(contentsOf: part) }
        }
    }

    /// How much memory it takes, about.
    var byteCount: Int { bytes.count }

    /// The bytes that the upstream sent; 0 for a delete.
    var valueByteCount: Int { valueCount ?? 0 }

    /// What stands between Kafka and it.
    var cause: RefusalCause { RefusalCause(code) }

    /// Whether it may share no batch: it, or one of those it came with, was refused for what it is.
    var isAlone: Bool { opaque.attempt > 0 }

    /// Its next chance after a refusal that was about the record.
    ///
    /// - Returns: Whether there is one; otherwise no topic takes it.
    mutating func takeNextChance() -> Bool {
        if opaque.attempt == 0 {
            opaque.attempt = 1
            return true
        }
        guard opaque.kind == .raw || opaque.kind == .compliance else { return false }
        opaque.kind = .deadletter
        if headerCount != nil {
            bytes.append(contentsOf: Self.reason)
            headerCount? += Self.reason.count
        }
        return true
    }

    /// When the Tweet it is about was created, by its key or, in the deadletter topic, by its bytes.
    var createdAt: Instant? {
        withParts { key, value, _ in
            if let key { return TweetID(decimal: key)?.createdAt }
            guard let value, case .tweet(let id) = TweetIDScanner().classify(value) else { return nil }
            return id.createdAt
        }
    }

    /// Hands it to a producer.
    ///
    /// In the deadletter topic a delete has its ID as the value.
    func produce(with generation: ProducerGeneration) -> KafkaProduceResult {
        withParts { key, value, header in
            let isAside = opaque.kind == .deadletter
            return generation.producer.produce(
                to: generation.topic(opaque.kind),
                partition: isAside ? 0 : partitionGiven,
                key: isAside ? nil : key,
                value: value ?? (isAside ? key : nil),
                timestampMilliseconds: timestampMilliseconds,
                header: header.map { KafkaHeader(RecordHeader.name, $0) },
                opaque: opaque.word
            )
        }
    }

    private func withParts<Result>(
        _ body: (UnsafeRawBufferPointer?, UnsafeRawBufferPointer?, UnsafeRawBufferPointer?) -> Result
    ) -> Result {
        bytes.withUnsafeBytes { all in
            var start = 0
            func part(_ count: Int?) -> UnsafeRawBufferPointer? {
                guard let count else { return nil }
                defer { start += count }
                return UnsafeRawBufferPointer(rebasing: all[start..<start + count])
            }
            let key = part(keyCount)
            let value = part(valueCount)
            return body(key, value, part(headerCount))
        }
    }
}

import Ingest
import Kafka
import Tweets

/// A copy of a record that came back, to be sent again.
struct RefusedRecord {
    var opaque: RecordOpaque
    var partition: Int32
    var key: [UInt8]?
    var value: [UInt8]?
    var timestampMilliseconds: Int64
    var header: [UInt8]?
    var code: KafkaErrorCode

    init(_ report: borrowing KafkaDeliveryReport, code: KafkaErrorCode) {
        opaque = RecordOpaque(word: report.opaque)
        partition = report.partition
        key = report.key.map { Array($0) }
        value = report.value.map { Array($0) }
        timestampMilliseconds = report.timestampMilliseconds
        header = report.header(RecordHeader.name).map { Array($0) }
        self.code = code
    }

    /// When the Tweet it is about was created, by its key or, in the deadletter topic, by its bytes.
    var createdAt: Instant? {
        if let key { return key.withUnsafeBytes { TweetID(decimal: $0) }?.createdAt }
        guard let value, case .tweet(let id) = value.withUnsafeBytes({ TweetIDScanner().classify($0) }) else {
            return nil
        }
        return id.createdAt
    }

    /// Whether waiting may help: the topic is gone or closed to us, which says nothing about the record.
    var isAboutTopic: Bool {
        [
            KafkaErrorCode.topicAuthorizationFailed, .clusterAuthorizationFailed, .unknownTopic, .unknownPartition,
            .unknownTopicOrPartition,
        ].contains(code)
    }
}

import Kafka
import Tweets

/// Writes control records in transactions under the ID that all coordinators share, so that only one of them can.
///
/// Belongs to one thread. After any error it is beyond use: its holder no longer leads.
final class ControlWriter {
    private let producer: KafkaProducer
    private let topic: KafkaTopic

    /// Fences off whoever wrote before, and aborts what they left open.
    ///
    /// Blocks for at most about `timeout`.
    init(
        _ properties: KafkaProperties,
        names: TopicNames,
        observer: KafkaObserver,
        timeout: Duration
    ) throws(KafkaError) {
        let own: KafkaProperties = [
            "transactional.id": names.coordinatorID,
            "enable.idempotence": "true",
            "acks": "all",
            "transaction.timeout.ms": "10000",
            "linger.ms": "0",
            "compression.type": "lz4",
        ]
        producer = try KafkaProducer(properties.merging(own), observer: observer)
        topic = try producer.topic(names.control, timeout: timeout)
        try producer.initTransactions(timeout: timeout)
    }

    /// Writes all of it, or none.
    ///
    /// Blocks for at most about `timeout`.
    func write(_ records: [(key: ControlKey, value: [UInt8]?)], timeout: Duration) throws(KafkaError) {
        try producer.beginTransaction()
        var failure: KafkaErrorCode?
        for record in records {
            var result = produce(record)
            while result == .queueFull {
                producer.poll(timeout: .milliseconds(20)) { failure = $0.error ?? failure }
                result = produce(record)
            }
            if case .rejected(let code) = result { throw KafkaError(code: code) }
        }
        let deadline = ContinuousClock.now + timeout
        while true {
            do throws(KafkaError) {
                try producer.commitTransaction(timeout: timeout) { failure = $0.error ?? failure }
                break
            } catch {
                guard error.isRetriable, ContinuousClock.now < deadline else { throw error }
            }
        }
        if let failure { throw KafkaError(code: failure) }
    }

    private func produce(_ record: (key: ControlKey, value: [UInt8]?)) -> KafkaProduceResult {
        Array(record.key.text.utf8).withUnsafeBytes { key in
            guard let value = record.value else { return produce(key: key, value: nil) }
            return value.withUnsafeBytes { produce(key: key, value: $0) }
        }
    }

    private func produce(key: UnsafeRawBufferPointer, value: UnsafeRawBufferPointer?) -> KafkaProduceResult {
        producer.produce(to: topic, partition: 0, key: key, value: value, timestampMilliseconds: 0)
    }
}

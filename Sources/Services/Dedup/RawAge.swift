import Kafka
import Tweets

/// Whether raw still is the topic that a changelog was written about.
extension DedupClients {
    /// Whether raw was filled anew beyond the offset that the changelog ends with.
    ///
    /// Kafka forgets a group's offsets with the topic, so this is asked only where the group has none. What stands
    /// before that offset was read, and so received, before the changelog's last record was written.
    ///
    /// - Parameters:
    ///   - raw: The partition of raw.
    ///   - lastWritten: When the changelog's last record was written; nil where that is not known.
    ///   - offset: The offset that it names.
    ///   - clockSlack: How far two hosts' clocks may differ.
    func isRawYounger(
        _ raw: KafkaPartition,
        than lastWritten: Instant?,
        at offset: Int64,
        clockSlack: Duration
    ) -> Bool {
        guard let later = lastWritten.map({ $0 + clockSlack }),
            let found = try? offsets.offsets(at: [(raw, later.milliseconds)], timeout: .seconds(5)).first?.offset,
            found >= 0
        else { return false }
        return found < offset
    }
}

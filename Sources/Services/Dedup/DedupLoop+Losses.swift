import Dedup
import Kafka
import Logging
import Operations
import Tweets

/// What raw no longer has, though it was never read.
extension DedupLoop {
    static func rawIsShorter(_ offset: Int64, _ end: Int64) -> String {
        """
        raw ends at offset \(end), before \(offset), which was read already: it was truncated or made anew. \
        Stop all dedup instances and run decahose dedup rebuild
        """
    }

    /// Records offsets that nobody can read any more, and goes on behind them.
    func lose(_ partition: OwnedPartition, through offset: Int64) {
        environment.logger.error(
            "Records of raw were removed before they were read; gaps will be opened for their time.",
            metadata: [
                LogKey.partition: "\(partition.number)", LogKey.offset: "\(partition.nextOffset)",
                LogKey.next: "\(offset)",
            ]
        )
        metrics.countLost(offset - partition.nextOffset)
        hasLosses = true
        partition.losses.append(
            LossRecord(
                kafkaPartition: Int(partition.number),
                fromOffset: partition.nextOffset,
                toOffset: offset,
                foundAt: environment.wall()
            )
        )
        partition.nextOffset = offset
        partition.committedOffset = offset
    }

    /// Makes losses part of a transaction, though no record of their partitions may be.
    func commitLosses(at now: MonotonicInstant) {
        let waiting = ownedPartitions.filter { !$0.losses.isEmpty && $0.phase == .live }
        hasLosses = !waiting.isEmpty
        for partition in waiting where !machine.holds(partition.number) {
            guard machine.isReady(at: now) else { return }
            if case .begin = machine.beforeRecord() { perform(.begin) }
            guard case .open = machine.state else { return }
            machine.took(partition.number)
        }
    }

    /// Offsets are missing before a record: the markers of transactions, or records that compaction has taken.
    ///
    /// While reading keeps within the compaction lag nothing unread can have gone. Beyond it the two cannot be told
    /// apart, and a delete may be gone whose Tweet is still there: doubt counts as loss, up to where records are young
    /// enough again. What is gone may be as old as what was read last, however young the record behind it is: so it is
    /// where tombstones have lasted for their time.
    func passedHole(_ partition: OwnedPartition, before offset: Int64, received: Instant) {
        let now = environment.wall()
        let oldest = min(received, partition.readThrough ?? received)
        guard let compactionLag, now - oldest > compactionLag, offset > partition.doubtfulThrough else { return }
        let raw = KafkaPartition(topic: environment.names.raw, partition: partition.number)
        let young = try? clients.offsets.offsets(
            at: [(raw, (now - compactionLag).milliseconds)],
            timeout: .seconds(2)
        )
        let end = max(offset, young?.first?.offset ?? offset)
        environment.logger.error(
            "Raw may have been compacted before it was read: deletes may be lost. Gaps will be opened for that time.",
            metadata: [
                LogKey.partition: "\(partition.number)", LogKey.offset: "\(partition.nextOffset)",
                LogKey.next: "\(end)",
            ]
        )
        partition.losses.append(
            LossRecord(
                kafkaPartition: Int(partition.number),
                fromOffset: partition.nextOffset,
                toOffset: end,
                foundAt: now
            )
        )
        partition.doubtfulThrough = end
        hasLosses = true
    }
}

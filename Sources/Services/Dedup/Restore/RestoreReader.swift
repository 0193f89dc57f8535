import Dedup
import Kafka
import Tweets

/// The work of a lane: its consumer, and the sets that come of what it gives.
///
/// Belongs to the lane's thread.
final class RestoreReader {
    private let lane: RestoreLane
    private let consumer: KafkaConsumer
    private let topic: String
    /// By partition number; nil for those that have ended, and those of others.
    private var readings: [RestoreReading?]
    /// IDs of partitions that have ended.
    private var idsEnded = 0

    /// How many records at most between two looks at what is still wanted.
    private static let recordsATurn = 4096

    /// Connects; nil where no changelog holds anything, after which everything has ended.
    init?(_ lane: RestoreLane, _ environment: DedupEnvironment, share: Int) throws(KafkaError) {
        self.lane = lane
        topic = environment.names.seen
        readings = Array(repeating: nil, count: (lane.stretches.map { Int($0.partition) }.max() ?? -1) + 1)
        let unread = lane.stretches.filter { $0.length > 0 }
        for stretch in lane.stretches where stretch.length <= 0 {
            lane.end(stretch.partition, RestoreReading(stretch, environment.timing).finish())
        }
        guard !unread.isEmpty else { return nil }
        for stretch in unread { readings[Int(stretch.partition)] = RestoreReading(stretch, environment.timing) }
        consumer = try KafkaConsumer(
            DedupClients.changelogProperties(environment, share: share),
            observer: environment.observer
        )
        try consumer.assign(
            unread.map { KafkaPosition(topic: topic, partition: $0.partition, offset: $0.low) }
        )
    }

    /// Reads until nothing is left that anybody waits for.
    func run() throws(KafkaError) {
        while settle() { try turn() }
    }

    /// Takes in what there is, up to a limit; waits a little where there is nothing.
    private func turn() throws(KafkaError) {
        // Before the queue runs dry: where it was full, librdkafka fetches no more until it is told to look.
        consumer.lookForMore(
            of: readings.compactMap { reading in
                reading.map { KafkaPartition(topic: topic, partition: $0.stretch.partition) }
            }
        )
        for count in 0..<Self.recordsATurn {
            switch consumer.poll(timeout: count == 0 ? .milliseconds(20) : .zero) {
            case .nothing:
                return
            case .message(let message):
                CrashPoint.duringRestore.pass()
                reading(message.partition)?.take(message)
            case .partitionEnd(let position):
                // The position passes markers; the end comes again whenever the last stable offset moves.
                reading(position.partition.partition)?.advance(to: position.offset)
            case .error(let error, let partition):
                return try failed(error, partition)
            }
        }
    }

    private func reading(_ partition: Int32) -> RestoreReading? {
        readings.indices.contains(Int(partition)) ? readings[Int(partition)] : nil
    }

    /// A poll gave an error.
    private func failed(_ error: KafkaError, _ partition: KafkaPartition?) throws(KafkaError) {
        switch error.code {
        case _ where error.isFatal:
            throw error
        case .offsetOutOfRange, .autoOffsetReset:
            // Retention, or somebody, removed what was to be read next: what that means is decided from the beginning.
            guard let number = partition?.partition, reading(number) != nil else { return }
            readings[Int(number)] = nil
            lane.end(number, .again(error))
        default:
            lane.show(error)
        }
    }

    /// Ends what is read to its mark, drops what nobody waits for, and tells how far it is.
    ///
    /// - Returns: Whether anything is left to be read.
    private func settle() -> Bool {
        let wanted = lane.wanted
        var progress = RestoreLane.Progress(offsets: lane.length, ids: idsEnded)
        for case let reading? in readings {
            let partition = reading.stretch.partition
            if !wanted.contains(partition) {
                readings[Int(partition)] = nil
            } else if reading.isComplete {
                idsEnded += reading.ids
                progress.ids += reading.ids
                readings[Int(partition)] = nil
                lane.end(partition, reading.finish())
            } else {
                progress.offsets -= reading.stretch.mark - reading.position
                progress.ids += reading.ids
            }
        }
        lane.show(progress)
        return readings.contains { $0 != nil }
    }
}

import Dedup
import Kafka
import Tweets

/// One partition's changelog on its way into a set.
final class RestoreReading {
    let stretch: RestoreLane.Stretch
    /// The next offset to be read.
    private(set) var position: Int64
    private let timing: DedupTiming
    private var fold: RestoreFold
    private var lastWritten: Instant?

    /// Whether the mark is reached.
    var isComplete: Bool { position >= stretch.mark }
    /// IDs that were read.
    var ids: Int { fold.ids }

    /// A reading at the changelog's oldest record.
    init(_ stretch: RestoreLane.Stretch, _ timing: DedupTiming) {
        self.stretch = stretch
        self.timing = timing
        position = stretch.low
        fold = RestoreFold(timing: timing)
    }

    /// Takes in the next record.
    func take(_ message: borrowing KafkaMessage) {
        let offset = message.offset
        // Beyond the mark there is nothing of this restore's: the partition has one owner, and that is this instance.
        guard offset >= position, offset < stretch.mark else { return }
        fold.add(message.value, offset: offset)
        position = offset + 1
        if let stamp = message.timestampMilliseconds { lastWritten = Instant(milliseconds: stamp) }
    }

    /// Nothing for readers stands before this offset.
    func advance(to offset: Int64) { position = max(position, offset) }

    /// Gives the set away, once, at the end.
    func finish() -> RestoreLane.Result {
        let figures = RestoreLane.Figures(records: fold.records, ids: fold.ids, lastWritten: lastWritten)
        // Moved out, since with a second owner of its arrays each step of packing would copy them.
        var whole = RestoreFold(timing: timing)
        swap(&whole, &fold)
        return .read(whole.finish(committed: stretch.committed, oldest: stretch.low), figures)
    }
}

import Dedup
import Tweets

/// A partition of raw that this instance owns: its set, and where it stands.
///
/// Belongs to the thread of dedup.
final class OwnedPartition {
    /// How far it is on the way to being read.
    enum Phase {
        /// Its set is being restored.
        case restoring
        /// Its records are read.
        case live
        /// Its set cannot be trusted; the reason is on the status board.
        case refused
    }

    let number: Int32
    var phase: Phase = .restoring
    var core: DedupCore
    /// The offset of the next record to take in.
    var nextOffset: Int64 = 0
    /// The same as the last committed transaction left it, where an undo goes back to.
    var committedOffset: Int64 = 0
    /// The number of the next changelog record.
    var nextNumber: UInt64 = 1
    /// Losses that no committed transaction holds yet.
    var losses: [LossRecord] = []
    /// Up to here compaction may have taken unread records, which was told.
    var doubtfulThrough: Int64 = 0
    /// When the last record taken in was received; nil where everything was read.
    var lastReceived: Instant?
    /// Nothing that was not read yet had been received before; nil where everything was read, or nothing yet.
    var readThrough: Instant?
    /// How many records a second of receipt brings.
    var receiptRate = ReceiptRate()
    /// Records taken in since that was told of them.
    var recordsSinceShown = 0
    /// When the oldest record of the open transaction was received; nil where it has none of this partition.
    var oldestReceived: Instant?
    /// Records taken into the open transaction.
    var openRecords = 0
    /// Whether raw has been read to its end since reading began, or began again.
    var isAtEnd = false
    /// Whether the consumer was told to read it.
    var isAssigned = false
    /// Whether an abort moved it back, and the consumer has not followed yet: what it gives meanwhile lies too far ahead.
    var awaitsRewind = false
    /// Whether reading failed and has not gone on since; the reason is on the status board.
    var isDisturbed = false

    init(number: Int32, timing: DedupTiming) {
        self.number = number
        core = DedupCore(timing: timing)
    }

    /// Begins to read, from a set and an offset.
    ///
    /// - Parameter readThrough: When what stands before that offset had been read.
    func start(core: DedupCore, nextNumber: UInt64, offset: Int64, readThrough: Instant? = nil) {
        self.core = core
        self.readThrough = readThrough
        self.nextNumber = nextNumber
        nextOffset = offset
        committedOffset = offset
        isAtEnd = false
        phase = .live
    }

    /// Keeps what the committed transaction did.
    func keep() {
        core.commit()
        losses = []
        committedOffset = nextOffset
        nextNumber += 1
        openRecords = 0
        oldestReceived = nil
    }

    /// Puts back what the aborted transaction did.
    func undo() {
        core.undo()
        nextOffset = committedOffset
        openRecords = 0
        oldestReceived = nil
        isAtEnd = false
        awaitsRewind = true
        recordsSinceShown = 0
        receiptRate.isSetBack()
    }
}

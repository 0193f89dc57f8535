import Ingest
import Operations
import Recovery
import Tweets

/// One session of a connection, from the head of its answer until everything it read is acknowledged.
///
/// Confined to its connection's thread.
final class BridgeSession {
    let pipeline: IngestPipeline
    /// The session's control record as it is to be written.
    private(set) var record: SessionRecord
    /// Framed less everything that is known of: 0 at every line's end, else a defect.
    private(set) var unaccounted: Int64 = 0
    /// Records handed over and not yet reported.
    private(set) var inFlight: Int64 = 0

    /// Bytes of messages handed over and not yet reported, without keys and headers.
    private(set) var bufferedBytes: Int64 = 0

    private let openedAt: MonotonicInstant
    private let metrics: BridgeMetrics
    private var countedWire: Int64 = 0
    private var countedPlain: Int64 = 0

    init(record: SessionRecord, openedAt: MonotonicInstant, pipeline: IngestPipeline, metrics: BridgeMetrics) {
        self.record = record
        self.openedAt = openedAt
        self.pipeline = pipeline
        self.metrics = metrics
    }

    /// Whether everything that was read is acknowledged.
    var isSettled: Bool { record.closed != nil && pipeline.coverage.isSettled }

    /// Brings the record up to date with the lane.
    ///
    /// Its time goes on with the monotonic clock: the difference between the server's clock and ours was taken when the
    /// session opened, and a jump of ours since then must not make others mistake the server's time.
    ///
    /// - Returns: The record to be written to control.
    func update(now: MonotonicInstant) -> SessionRecord {
        let (reports, offsets) = pipeline.settle(isOver: record.closed != nil)
        let counts = pipeline.counts
        let counters = counts.counters(reports)
        metrics.add(counters, since: record.counters)
        metrics.wireBytes.add(counts.wireBytes - countedWire)
        metrics.plainBytes.add(counts.plainBytes - countedPlain)
        countedWire = counts.wireBytes
        countedPlain = counts.plainBytes
        inFlight = counts.inFlight(reports)
        // A record that moves to the deadletter topic changes its size a little, so only an empty buffer is exact.
        bufferedBytes = inFlight == 0 ? 0 : max(0, counts.queuedBytes - reports.reportedBytes)
        unaccounted = counts.unaccounted(reports)
        record.counters = counters
        record.offsets = offsets
        record.take(pipeline.coverage)
        record.sequence += 1
        record.updatedAt = record.localDate + (now - openedAt)
        return record
    }

    /// The transfer is over.
    func close(_ reason: SessionRecord.CloseReason, detail: String, now: MonotonicInstant) {
        pipeline.finish(now: now)
        record.closed = reason
        record.closedDetail = detail
    }
}

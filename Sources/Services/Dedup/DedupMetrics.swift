import Dedup
import Operations

/// The metrics of the stage, each registered once.
struct DedupMetrics: Sendable {
    private let read: Counter
    private let emitted: Counter
    private let duplicates: Counter
    private let suppressed: Counter
    private let deletesFirst: Counter
    private let deletesRepeated: Counter
    private let deletesOwn: Counter
    private let late: Counter
    private let unreadable: Counter
    private let farFuture: Counter
    private let commits: Counter
    private let aborts: Counter
    private let lost: Counter
    private let unaccounted: Gauge
    private let lag: Gauge
    private let eventLag: Gauge
    private let lagRecords: Gauge
    private let ids: Gauge
    private let bytes: Gauge
    private let partitions: Gauge
    private let restoring: Gauge
    /// From the first record of a transaction to the end of its commit.
    let transaction: LatencyHistogram

    init(_ metrics: MetricsRegistry) {
        let fate = { (name: String) in
            metrics.counter(
                "decahose_dedup_records_total",
                "Records of raw by what became of them, in committed transactions.",
                ["fate": name]
            )
        }
        read = metrics.counter(
            "decahose_dedup_read_total",
            "Records of raw read, those of aborted transactions once for each time."
        )
        emitted = fate("emitted")
        duplicates = fate("duplicate")
        suppressed = fate("suppressed")
        deletesFirst = fate("delete_first")
        deletesRepeated = fate("delete_repeated")
        deletesOwn = fate("delete_own")
        late = fate("late")
        unreadable = fate("unreadable")
        farFuture = metrics.counter(
            "decahose_dedup_far_future_total",
            "Emitted Tweets created over five minutes after they were received: a clock is wrong."
        )
        commits = metrics.counter("decahose_dedup_commits_total", "Transactions committed.")
        aborts = metrics.counter(
            "decahose_dedup_aborts_total",
            "Transactions aborted and done again; a steady rate means that Kafka or the group is not well."
        )
        lost = metrics.counter(
            "decahose_dedup_lost_offsets_total",
            "Offsets of raw that retention removed before they were read; any at all opens gaps."
        )
        unaccounted = metrics.gauge(
            "decahose_dedup_unaccounted_records",
            "Records read that met no fate; anything but 0 is a defect."
        )
        lag = metrics.gauge(
            "decahose_dedup_lag_seconds",
            "From receipt to now of the record that waits longest; beyond raw's min.compaction.lag.ms deletes can be lost."
        )
        eventLag = metrics.gauge(
            "decahose_dedup_event_lag_seconds",
            "From the newest creation time seen to now, of the partition furthest behind; 0 where all is read."
        )
        lagRecords = metrics.gauge(
            "decahose_dedup_lag_records",
            "Records of raw that wait, estimated by those read of a second of receipt: offsets have holes."
        )
        ids = metrics.gauge("decahose_dedup_ids", "Tweet IDs remembered.")
        bytes = metrics.gauge("decahose_dedup_set_bytes", "Memory of the remembered IDs.")
        partitions = metrics.gauge("decahose_dedup_partitions", "Partitions of raw that are read.")
        restoring = metrics.gauge("decahose_dedup_restoring_partitions", "Partitions whose set is being restored.")
        transaction = metrics.latency(
            "decahose_dedup_transaction_seconds",
            "From a transaction's begin to the end of its commit."
        )
    }

    /// Takes over the totals that the thread counts.
    func show(_ totals: DedupCounters, read readTotal: Int, view: DedupView) {
        read.set(Int64(readTotal))
        emitted.set(Int64(totals.emitted))
        duplicates.set(Int64(totals.duplicates))
        suppressed.set(Int64(totals.suppressed))
        deletesFirst.set(Int64(totals.deletesFirst))
        deletesRepeated.set(Int64(totals.deletesRepeated))
        deletesOwn.set(Int64(totals.deletesOwn))
        late.set(Int64(totals.late))
        unreadable.set(Int64(totals.unreadable))
        farFuture.set(Int64(totals.farFuture))
        commits.set(Int64(view.commits))
        aborts.set(Int64(view.aborts))
        unaccounted.set(view.unaccounted)
        lag.set(view.lagSeconds)
        eventLag.set(view.eventLagSeconds)
        lagRecords.set(view.lagRecords)
        ids.set(view.partitions.reduce(0) { $0 + $1.ids })
        bytes.set(view.partitions.reduce(0) { $0 + $1.bytes })
        partitions.set(view.partitions.count { $0.phase == "live" })
        restoring.set(view.partitions.count { $0.phase == "restoring" })
    }

    /// Counts offsets that were gone.
    func countLost(_ offsets: Int64) {
        lost.add(offsets)
    }
}

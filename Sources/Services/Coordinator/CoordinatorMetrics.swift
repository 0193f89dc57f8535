import Operations
import Recovery
import Tweets

/// The coordinator's own metrics.
final class CoordinatorMetrics: Sendable {
    private let registry: MetricsRegistry
    private let leading: Gauge
    private let gaps: [GapRecord.State: Gauge]
    private let jobs: [JobRecord.State: Gauge]
    private let received: Gauge
    private let liveRate: Gauge
    private let clockSkew: Gauge
    private let recoveryWindow: Gauge
    private let gapDeadline: Gauge
    private let censusUntrusted: Gauge
    let controlRecords: Counter
    let unreadable: Counter
    let requests: Counter
    let turns: LatencyHistogram

    init(_ registry: MetricsRegistry) {
        self.registry = registry
        leading = registry.gauge("decahose_coordinator_leading", "1 while this process leads, 0 while it stands by.")
        gaps = Dictionary(
            uniqueKeysWithValues: GapRecord.State.allCases.map { state in
                (
                    state,
                    registry.gauge(
                        "decahose_coordinator_gaps",
                        "Gaps by state; unrecoverable ones are time that is lost for good.",
                        ["state": state.rawValue]
                    )
                )
            }
        )
        jobs = Dictionary(
            uniqueKeysWithValues: JobRecord.State.allCases.map { state in
                (
                    state,
                    registry.gauge("decahose_coordinator_jobs", "Recovery jobs by state.", ["state": state.rawValue])
                )
            }
        )
        received = registry.gauge(
            "decahose_coordinator_recovered_messages",
            "Messages that all known recovery jobs have received."
        )
        liveRate = registry.gauge(
            "decahose_coordinator_live_tweets_per_second",
            "Tweets a second of the live connections, as their sessions tell it."
        )
        clockSkew = registry.gauge(
            "decahose_coordinator_clock_skew_seconds",
            "The upstream's clock less this host's; 0 where they agree within 5 s."
        )
        recoveryWindow = registry.gauge(
            "decahose_coordinator_recovery_window_seconds",
            "How far back the upstream can be asked."
        )
        gapDeadline = registry.gauge(
            "decahose_coordinator_gap_deadline_seconds",
            "Until the oldest time that is missing leaves the recovery window; the window's length where none is."
        )
        censusUntrusted = registry.gauge(
            "decahose_coordinator_census_untrusted_windows",
            "Minutes of the last hour's delivery census that a restart, a reassignment or lag has made worthless."
        )
        controlRecords = registry.counter(
            "decahose_coordinator_control_records_total",
            "Records read from the control topic."
        )
        unreadable = registry.counter(
            "decahose_coordinator_control_unreadable_total",
            "Records of the control topic that cannot be read; any is a fault of whoever wrote it."
        )
        requests = registry.counter(
            "decahose_coordinator_recovery_requests_total",
            "Recovery requests made to the upstream."
        )
        turns = registry.latency("decahose_coordinator_turn_seconds", "How long one look at everything takes.")
    }

    /// Brings the gauges in step with a view.
    func show(_ view: CoordinatorView) {
        leading.set(view.isLeading ? 1 : 0)
        for (state, gauge) in gaps { gauge.set(view.gaps.count { $0.state == state }) }
        for (state, gauge) in jobs { gauge.set(view.jobs.count { $0.state == state }) }
        received.set(Double(view.jobs.reduce(0) { $0 + $1.received }))
        liveRate.set(view.liveRate)
        clockSkew.set(view.clockSkew.inSeconds)
        recoveryWindow.set(view.recoveryWindow.inSeconds)
        gapDeadline.set((view.gapDeadline.map { $0 - view.at } ?? view.recoveryWindow).inSeconds)
        censusUntrusted.set(view.untrustedMinutes)
        for (stream, connections) in view.live {
            registry.gauge(
                "decahose_coordinator_redundancy_connections",
                "Connections in force; below 2 the next failure is a gap.",
                ["stream": stream.description]
            )
            .set(connections.count)
        }
        for coverage in view.coverages {
            registry.gauge(
                "decahose_coordinator_missing_seconds",
                "Event time of the known timeline that neither a connection nor recovery delivered.",
                ["stream": coverage.stream.description]
            )
            .set(coverage.missing.duration.inSeconds)
            registry.gauge(
                "decahose_coordinator_unrecoverable_seconds",
                "Event time that left the recovery window before it was recovered; any rise is a loss for good.",
                ["stream": coverage.stream.description]
            )
            .set(view.unrecoverable(of: coverage).inSeconds)
        }
    }
}

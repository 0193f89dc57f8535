import Synchronization

/// All metrics of one process; each is registered once at start, so that it is shown at zero before it first counts.
public final class MetricsRegistry: Sendable {
    /// The names and values of a metric's labels, in the order in which they are shown.
    public typealias Labels = KeyValuePairs<String, String>

    enum Instrument: Sendable {
        case counter(Counter)
        case gauge(Gauge)
        case histogram(LatencyHistogram)

        var typeName: String {
            switch self {
            case .counter: "counter"
            case .gauge: "gauge"
            case .histogram: "histogram"
            }
        }
    }

    struct Family: Sendable {
        var name: String
        var help: String
        var samples: [(labels: String, instrument: Instrument)]
    }

    private struct State {
        var families: [String: Family] = [:]
        var refreshers: [@Sendable () -> Void] = []
    }

    private let state = Mutex(State())

    /// An empty registry.
    public init() {}

    /// A counter; the same name and labels give the same counter.
    public func counter(_ name: String, _ help: String, _ labels: Labels = [:]) -> Counter {
        precondition(name.hasSuffix("_total"), "\(name) is a counter and must end in _total")
        let instrument = register(name, help, labels) { .counter(Counter()) }
        guard case .counter(let counter) = instrument else { preconditionFailure("\(name) is no counter") }
        return counter
    }

    /// A gauge; the same name and labels give the same gauge.
    public func gauge(_ name: String, _ help: String, _ labels: Labels = [:]) -> Gauge {
        let instrument = register(name, help, labels) { .gauge(Gauge()) }
        guard case .gauge(let gauge) = instrument else { preconditionFailure("\(name) is no gauge") }
        return gauge
    }

    /// A histogram of durations; its name ends in `_seconds`.
    public func latency(_ name: String, _ help: String, _ labels: Labels = [:]) -> LatencyHistogram {
        precondition(name.hasSuffix("_seconds"), "\(name) is a histogram of durations and must end in _seconds")
        let instrument = register(name, help, labels) { .histogram(LatencyHistogram()) }
        guard case .histogram(let histogram) = instrument else { preconditionFailure("\(name) is no histogram") }
        return histogram
    }

    /// Adds something that brings gauges up to date; it runs before each scrape, on the scraping task, and must be short.
    public func beforeScrape(_ refresh: @escaping @Sendable () -> Void) {
        state.withLock { $0.refreshers.append(refresh) }
    }

    /// All metrics in Prometheus' text format, version 0.0.4.
    public func prometheusText() -> String {
        for refresh in state.withLock({ $0.refreshers }) { refresh() }
        let families = state.withLock { $0.families.values.sorted { $0.name < $1.name } }
        return PrometheusText.render(families)
    }

    private func register(
        _ name: String,
        _ help: String,
        _ labels: Labels,
        make: () -> Instrument
    ) -> Instrument {
        let text = PrometheusText.labels(labels.map { ($0.key, $0.value) })
        return state.withLock { state in
            var family = state.families[name] ?? Family(name: name, help: help, samples: [])
            if let known = family.samples.first(where: { $0.labels == text }) { return known.instrument }
            let instrument = make()
            family.samples.append((text, instrument))
            state.families[name] = family
            return instrument
        }
    }
}

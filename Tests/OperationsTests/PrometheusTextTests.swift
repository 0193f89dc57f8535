import Testing

@testable import Operations

@Suite("Prometheus text")
struct PrometheusTextTests {
    @Test("counters are shown at zero, labels are escaped, families are sorted and described once")
    func families() {
        let registry = MetricsRegistry()
        _ = registry.counter("b_total", "What b\nis.", ["reason": "a \"quoted\" \\ one"])
        registry.counter("b_total", "What b\nis.", ["reason": "other"]).add(3)
        let gauge = registry.gauge("a_seconds", "A.")
        registry.beforeScrape { gauge.set(1.5) }
        #expect(
            registry.prometheusText() == """
                # HELP a_seconds A.
                # TYPE a_seconds gauge
                a_seconds 1.5
                # HELP b_total What b\\nis.
                # TYPE b_total counter
                b_total{reason="a \\"quoted\\" \\\\ one"} 0
                b_total{reason="other"} 3

                """
        )
    }

    @Test("a histogram's buckets are cumulative and its last one is its count")
    func histogram() {
        let registry = MetricsRegistry()
        let latency = registry.latency("x_seconds", "X.", ["c": "a"])
        for microseconds: Int64 in [500, 900, 30000, 4_000_000_000, -5] { latency.record(microseconds: microseconds) }
        let lines = registry.prometheusText().split(separator: "\n")
        #expect(lines.contains("x_seconds_bucket{c=\"a\",le=\"0.001\"} 3"))
        #expect(lines.contains("x_seconds_bucket{c=\"a\",le=\"0.05\"} 4"))
        #expect(lines.contains("x_seconds_bucket{c=\"a\",le=\"300\"} 4"))
        #expect(lines.contains("x_seconds_bucket{c=\"a\",le=\"+Inf\"} 5"))
        #expect(lines.contains("x_seconds_count{c=\"a\"} 5"))
    }
}

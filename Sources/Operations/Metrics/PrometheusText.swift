/// Prometheus' text exposition format, https://prometheus.io/docs/instrumenting/exposition_formats/.
enum PrometheusText {
    static func render(_ families: [MetricsRegistry.Family]) -> String {
        var text = ""
        for family in families {
            guard let first = family.samples.first else { continue }
            text += "# HELP \(family.name) \(escape(family.help, quotes: false))\n"
            text += "# TYPE \(family.name) \(first.instrument.typeName)\n"
            for (labels, instrument) in family.samples {
                switch instrument {
                case .counter(let counter):
                    text += "\(family.name)\(braces(labels)) \(counter.value)\n"
                case .gauge(let gauge):
                    text += "\(family.name)\(braces(labels)) \(number(gauge.value))\n"
                case .histogram(let histogram):
                    text += render(histogram, name: family.name, labels: labels)
                }
            }
        }
        return text
    }

    /// `name="value",…` with values escaped.
    static func labels(_ labels: [(String, String)]) -> String {
        labels.map { "\($0.0)=\"\(escape($0.1, quotes: true))\"" }.joined(separator: ",")
    }

    private static func render(_ histogram: LatencyHistogram, name: String, labels: String) -> String {
        let (buckets, sum, count) = histogram.snapshot
        let separator = labels.isEmpty ? "" : ","
        var text = ""
        var cumulative: Int64 = 0
        for (bound, bucket) in zip(LatencyHistogram.bounds, buckets) {
            cumulative += bucket
            text += "\(name)_bucket{\(labels)\(separator)le=\"\(number(bound))\"} \(cumulative)\n"
        }
        text += "\(name)_bucket{\(labels)\(separator)le=\"+Inf\"} \(count)\n"
        text += "\(name)_sum\(braces(labels)) \(number(sum))\n"
        text += "\(name)_count\(braces(labels)) \(count)\n"
        return text
    }

    private static func braces(_ labels: String) -> String {
        labels.isEmpty ? "" : "{\(labels)}"
    }

    private static func number(_ value: Double) -> String {
        if value.isNaN { return "NaN" }
        if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
        return value == value.rounded() && abs(value) < 1e15 ? String(Int64(value)) : String(value)
    }

    private static func escape(_ text: String, quotes: Bool) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": escaped += "\\\\"
            case "\n": escaped += "\\n"
            case "\"" where quotes: escaped += "\\\""
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}

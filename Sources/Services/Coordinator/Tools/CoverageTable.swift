import Recovery
import Tweets

/// Coverage for people: a line each stream partition and connection.
enum CoverageTable {
    static func text(_ coverages: [StreamCoverage]) -> String {
        guard !coverages.isEmpty else { return "No session was ever opened.\n" }
        var rows: [[String]] = []
        for coverage in coverages {
            let timeline = IntervalSet(coverage.timeline)
            func row(_ name: String, _ set: IntervalSet) -> [String] {
                let inside = set.intersection(timeline)
                return [
                    coverage.stream.description, name, share(inside.duration, of: timeline.duration),
                    TextTable.length(inside.duration), "\(inside.intervals.count)",
                    inside.last.map { TextTable.moment($0.to) } ?? "-",
                ]
            }
            for connection in coverage.byConnection.keys.sorted() {
                rows.append(row(connection, coverage.byConnection[connection] ?? IntervalSet()))
            }
            rows.append(row("any", coverage.covered))
            rows.append(row("recovered", coverage.filled))
            rows.append(row("missing", coverage.missing))
        }
        return TextTable.text(["STREAM", "BY", "SHARE", "TIME", "PIECES", "UP TO (UTC)"], rows, flexible: 1)
    }

    /// A share of the timeline with two digits, never rounded up to the whole.
    private static func share(_ part: Duration, of whole: Duration) -> String {
        guard whole > .zero else { return "-" }
        let hundredths = part.milliseconds * 10000 / max(1, whole.milliseconds)
        let rest = hundredths % 100
        return "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest)%"
    }
}

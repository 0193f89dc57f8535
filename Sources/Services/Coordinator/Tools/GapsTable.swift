import Tweets

/// Gaps for people: a line each, and what must be said of some.
enum GapsTable {
    static func text(_ gaps: [GapRecord], jobs: [JobRecord]) -> String {
        guard !gaps.isEmpty else { return "No gaps.\n" }
        let jobs = Dictionary(jobs.map { ($0.id, $0) }, uniquingKeysWith: { _, last in last })
        let rows = gaps.map { gap in
            let own = gap.jobs.compactMap { jobs[$0] }
            return [
                gap.stream.description,
                TextTable.moment(gap.from),
                TextTable.length(gap.range.duration),
                gap.state.rawValue,
                gap.source.rawValue,
                "\(own.count)",
                "\(own.reduce(0) { $0 + $1.received })",
            ]
        }
        var text = TextTable.text(["STREAM", "FROM (UTC)", "LENGTH", "STATE", "FOUND BY", "JOBS", "RECEIVED"], rows)
        let lost = gaps.flatMap(\.unrecoverable).reduce(Duration.zero) { $0 + $1.duration }
        if lost > .zero { text += "Lost for good: \(TextTable.length(lost)) of event time.\n" }
        for gap in gaps {
            guard let reason = gap.reason else { continue }
            text += "\(gap.id):\n  \(reason)\n"
        }
        return text
    }
}

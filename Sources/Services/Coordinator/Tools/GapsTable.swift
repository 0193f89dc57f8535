import Recovery
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
                TextTable.count(own.reduce(0) { $0 + $1.received }),
            ]
        }
        var text = TextTable.text(
            ["STREAM", "FROM (UTC)", "LENGTH", "STATE", "FOUND BY", "JOBS", "RECEIVED"],
            rows,
            flexible: 0
        )
        let lost = LostTime(gaps: gaps)
        if lost.duration > .zero { text += "Lost for good: \(TextTable.length(lost.duration)) of event time.\n" }
        for gap in gaps {
            guard let reason = gap.reason else { continue }
            text += TextTable.wrapped("\(gap.id):") + TextTable.wrapped(reason, indent: 2)
        }
        return text
    }

    /// The monthly report: what is lost for good, to the millisecond.
    ///
    /// - Parameter since: From when on; nil is ever.
    static func text(_ lost: LostTime, since: Instant?) -> String {
        let period = since.map { " since \($0)" } ?? ""
        guard !lost.stretches.isEmpty else { return "Nothing is lost for good\(period).\n" }
        let rows = lost.stretches.map { stretch in
            [
                stretch.stream.description, stretch.range.from.description, stretch.range.to.description,
                TextTable.length(stretch.range.duration),
            ]
        }
        var text = TextTable.text(["STREAM", "FROM", "TO", "LENGTH"], rows, flexible: 0)
        let pieces = rows.count == 1 ? "1 stretch" : "\(rows.count) stretches"
        let milliseconds = lost.duration.milliseconds
        let exact = "\(milliseconds / 1000).\(String(1000 + milliseconds % 1000).dropFirst())"
        text += TextTable.wrapped(
            "Lost for good\(period): \(lost.duration.forPeople) (\(exact) s) of event time in \(pieces)."
        )
        for (reason, count) in lost.reasons {
            text += TextTable.wrapped("\(count) of them: \(reason)", indent: 2)
        }
        return text
    }
}

import Tweets

extension DemoReport {
    /// The report for people, at most 80 columns wide.
    public var text: String {
        var lines = ["", "Report: what the upstream sent against what a read_committed consumer got", ""]
        func row(_ name: String, _ value: Int, _ note: String = "") {
            lines.append("  \(pad(name, 24))\(padLeft(grouped(value), 12))  \(note)")
        }
        row("sent", sent, "Tweets created \(window.from.clock) to \(window.to.clock) UTC")
        for (connection, count) in received.sorted(by: { $0.key < $1.key }) {
            row("received by \(connection)", count, "copies, backfill included")
        }
        row("backfilled", backfilled, "of them at a reconnect")
        row(
            "recovered",
            recovered,
            "copies by jobs; \(grouped(recoveredFirst)) Tweets new to everybody"
        )
        row("duplicates removed", duplicatesRemoved)
        row("delivered", delivered)
        row("deleted", deleted, "tombstones; \(grouped(deletedBeforeDelivery)) Tweets were deleted before they came")
        row("late copies of deleted", lateCopies, "none may come back")
        lines.append("")
        row("MISSING", missing)
        row("DUPLICATED", duplicated)
        row("RESURRECTED", resurrected)
        if misKeyed > 0 { row("WRONG KEY", misKeyed) }
        lines.append(contentsOf: missingExamples.map { "    missing: \($0)" })
        lines.append("")
        for gap in gaps {
            lines.append(
                "  gap of \(gap.stream) \(gap.from.clock) to \(gap.to.clock): " + gap.states.joined(separator: " → ")
            )
        }
        lines.append(gaps.isEmpty ? "  no gap was opened" : "")
        for act in acts {
            lines.append("  \(act.happened ? "✓" : "✗") \(act.act.title)")
            lines.append("      \(act.detail)")
        }
        if restarts > 0 { lines.append("  \(restarts) process(es) found dead and started again") }
        lines.append("")
        lines.append(passed ? "PASSED in \(Int(seconds)) s" : "FAILED after \(Int(seconds)) s")
        return lines.joined(separator: "\n") + "\n"
    }
}

/// A number with a comma between its groups of three digits.
func grouped(_ number: Int) -> String {
    var text = ""
    for (index, digit) in String(number.magnitude).reversed().enumerated() {
        if index > 0, index % 3 == 0 { text.append(",") }
        text.append(digit)
    }
    return (number < 0 ? "-" : "") + String(text.reversed())
}

/// A text with spaces behind it, up to a width.
func pad(_ text: String, _ width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
}

/// A text with spaces before it, up to a width.
func padLeft(_ text: String, _ width: Int) -> String {
    String(repeating: " ", count: max(0, width - text.count)) + text
}

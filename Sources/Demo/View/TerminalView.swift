import Operations

/// Draws scenes over each other in a terminal, at most 80 columns wide.
struct TerminalView {
    private static let home = "\u{1B}[H"
    private static let clearLine = "\u{1B}[K"
    private static let clearBelow = "\u{1B}[J"
    private static let bold = "\u{1B}[1m"
    private static let dim = "\u{1B}[2m"
    private static let plain = "\u{1B}[0m"

    /// Clears the screen once, at the start.
    func begin() {
        StandardOutput.write("\u{1B}[2J\u{1B}[?25l")
    }

    /// Gives the cursor back.
    func end() {
        StandardOutput.write("\u{1B}[?25h\n")
    }

    /// Draws one scene.
    func draw(_ scene: DemoScene) {
        let lines = render(scene).map { $0 + Self.clearLine }
        StandardOutput.write(Self.home + lines.joined(separator: "\n") + "\n" + Self.clearBelow)
    }

    /// The lines of a scene.
    func render(_ scene: DemoScene) -> [String] {
        let time = "\(clock(scene.elapsed)) / about \(clock(scene.expected))"
        var lines = [
            Self.bold + pad("decahose demo", 56) + Self.plain + padLeft(time, 22),
            "act \(scene.actNumber) of \(DemoAct.allCases.count): \(scene.actTitle)",
            bar(scene.elapsed / scene.expected, width: 78),
            "",
        ]
        for one in scene.performers {
            let mark = one.isRunning ? "●" : "✗"
            let identifier = one.processIdentifier.map { "pid \($0)" } ?? ""
            lines.append(" \(mark) \(pad(one.name, 12)) \(pad(identifier, 12)) \(one.detail)")
        }
        lines.append("")
        lines.append(
            " copies in raw \(grouped(scene.copies))   Tweets out \(grouped(scene.tweets))   "
                + "deletes out \(grouped(scene.tombstones))"
        )
        lines.append("")
        lines.append(
            " \(Self.dim)event time, a column a second: █ live  ▒ backfill  r recovery  · nothing\(Self.plain)"
        )
        for (name, cells) in scene.coverage { lines.append(" \(pad(name, 10)) \(cells)") }
        lines.append(" gaps       " + (scene.openGaps.isEmpty ? "none open" : scene.openGaps.joined(separator: "; ")))
        lines.append("")
        lines.append(contentsOf: scene.story.map { " " + ($0.count > 78 ? $0.prefix(77) + "…" : $0) })
        return lines
    }

    private func bar(_ share: Double, width: Int) -> String {
        let filled = max(0, min(width, Int(share * Double(width))))
        return String(repeating: "█", count: filled) + String(repeating: "░", count: width - filled)
    }
}

/// Minutes and seconds.
func clock(_ duration: Duration) -> String {
    let seconds = Int(duration.components.seconds)
    return "\(seconds / 60):" + (seconds % 60 < 10 ? "0" : "") + "\(seconds % 60)"
}

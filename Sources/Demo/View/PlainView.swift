import Operations

/// Tells the story line by line where nobody looks at a terminal.
struct PlainView {
    /// Writes lines of the story as they come.
    func tell(_ lines: [String]) {
        for line in lines { StandardOutput.write(line + "\n") }
    }

    /// Writes the state of things in one line.
    func state(_ scene: DemoScene) {
        let dead = scene.performers.filter { !$0.isRunning }.map(\.name)
        let gaps = scene.openGaps.isEmpty ? "no open gap" : scene.openGaps.joined(separator: "; ")
        StandardOutput.write(
            "         \(clock(scene.elapsed)) copies \(grouped(scene.copies)), Tweets \(grouped(scene.tweets)), "
                + "deletes \(grouped(scene.tombstones)), \(gaps)"
                + (dead.isEmpty ? "" : ", dead: \(dead.joined(separator: ", "))") + "\n"
        )
    }
}

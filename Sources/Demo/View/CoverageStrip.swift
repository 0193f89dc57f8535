/// A row of characters, one a second of event time: what was brought of it, and how.
enum CoverageStrip {
    /// The cells of one connection.
    ///
    /// - Parameters:
    ///   - seconds: The seconds of event time to show, oldest first.
    ///   - live: Tweets by second as they happened.
    ///   - backfill: Tweets by second at a reconnect.
    static func cells(_ seconds: ClosedRange<Int64>, live: [Int64: Int], backfill: [Int64: Int]) -> String {
        String(
            seconds.map { second -> Character in
                let live = live[second] ?? 0
                let backfill = backfill[second] ?? 0
                if live == 0, backfill == 0 { return "·" }
                return live >= backfill ? "█" : "▒"
            }
        )
    }

    /// The cells of recovery.
    static func recoveryCells(_ seconds: ClosedRange<Int64>, _ recovered: [Int64: Int]) -> String {
        String(seconds.map { (recovered[$0] ?? 0) > 0 ? "r" : "·" })
    }
}

import Tweets

/// Names sessions so that they are unique and sort by their start.
enum SessionName {
    /// `20261123T210549.123Z-9f3c2a17`.
    static func make(start: Instant) -> String {
        let text = start.description.filter { $0 != "-" && $0 != ":" }
        let random = String(UInt32.random(in: 0...UInt32.max), radix: 16)
        return "\(text)-\(String(repeating: "0", count: 8 - random.count))\(random)"
    }
}

package import Tweets

/// What the simulated upstream says it sent: the only thing that deliveries are compared with.
package struct UpstreamTruth: Sendable {
    /// One Tweet of the upstream.
    package struct Tweet: Sendable, Equatable {
        /// The stream partition.
        package var stream: Int
        /// When it was deleted, if it was.
        package var deletedAt: Instant?
    }

    /// By ID.
    package var tweets: [UInt64: Tweet] = [:]

    /// Reads lines of `<id> <stream partition> [<time of the delete>]`.
    package init(lines: String) {
        for line in lines.split(separator: "\n") {
            let fields = line.split(separator: " ")
            guard fields.count >= 2, let id = UInt64(fields[0]), let stream = Int(fields[1]) else { continue }
            tweets[id] = Tweet(stream: stream, deletedAt: fields.count > 2 ? Self.instant(fields[2]) : nil)
        }
    }

    private static func instant(_ text: Substring) -> Instant? {
        Int64(text).map { Instant(milliseconds: $0) } ?? Instant(text)
    }
}

import Tweets

/// The forms in which the upstream writes a second.
public struct TimeTexts: Sendable {
    /// `Mon Nov 23 20:45:01 +0000 2026`.
    public let native: String
    /// `2026-11-23T20:45:01.000Z`.
    public let iso: String
    /// `Mon, 23 Nov 2026 20:45:01 GMT`, as the header `Date` has it.
    public let http: String

    /// The texts of a second since 1970.
    public init(second: Int64) {
        iso = Instant(seconds: second).description
        let fields = iso.split { "-T:.".contains($0) }
        let month = Self.months[(Int(fields[1]) ?? 1) - 1]
        // 1970-01-01 was a Thursday.
        let weekday = Self.weekdays[Int((second / 86400 + 4) % 7)]
        let clock = "\(fields[3]):\(fields[4]):\(fields[5])"
        native = "\(weekday) \(month) \(fields[2]) \(clock) +0000 \(fields[0])"
        http = "\(weekday), \(fields[2]) \(month) \(fields[0]) \(clock) GMT"
    }

    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]
}

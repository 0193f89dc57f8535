public import Tweets

/// What the head of an HTTP answer says that matters to a stream.
public struct HTTPAnswer: Hashable, Sendable {
    /// The status code.
    public var status: Int
    /// The server's clock, from `Date`; the only outside clock that coverage trusts.
    public var date: Instant?
    /// How long the server asks to wait, from `Retry-After`.
    public var retryAfter: Duration?
    /// How long until the request budget is full again, from `x-rate-limit-reset` and `Date`.
    public var rateLimitReset: Duration?
    /// Requests left in the window, from `x-rate-limit-remaining`.
    public var rateLimitRemaining: Int?
    /// Whether the body is compressed with gzip.
    public var isGzip: Bool

    /// Reads the head of an answer.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - header: The value of a header by its lower-case name.
    public init(status: Int, header: (String) -> String?) {
        self.status = status
        date = header("date").flatMap { HTTPDate.instant($0) }
        let now = date
        retryAfter = header("retry-after").flatMap { text in
            if let seconds = Int64(text) { return .seconds(max(0, seconds)) }
            guard let now, let until = HTTPDate.instant(text) else { return nil }
            return max(.zero, until - now)
        }
        rateLimitRemaining = header("x-rate-limit-remaining").flatMap { Int($0) }
        rateLimitReset = header("x-rate-limit-reset").flatMap { text in
            guard let now, let seconds = Int64(text), seconds < 1 << 40 else { return nil }
            return max(.zero, Instant(seconds: seconds) - now)
        }
        isGzip = header("content-encoding")?.lowercased().contains("gzip") ?? false
    }
}

/// The date format of HTTP (RFC 9110, section 5.6.7), for example `Sun, 06 Nov 1994 08:49:37 GMT`.
enum HTTPDate {
    private static let months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]

    /// Reads the preferred form; nil for anything else.
    static func instant(_ text: String) -> Instant? {
        let fields = text.split(whereSeparator: { $0 == " " || $0 == "," })
        guard fields.count == 6, fields[5] == "GMT", let month = months.firstIndex(of: String(fields[2])) else {
            return nil
        }
        return Instant("\(fields[3])-\(pad(month + 1))-\(pad(fields[1]))T\(fields[4])Z")
    }

    private static func pad(_ value: some CustomStringConvertible) -> String {
        let text = value.description
        return text.utf8.count == 1 ? "0\(text)" : text
    }
}

public import Tweets

/// What the head of an HTTP answer says that matters to a stream.
public struct HTTPAnswer: Hashable, Sendable {
    /// The longest wait that a server can ask for: a request an hour harms nobody, and an absurd header must not silence
    /// a connection for ever.
    public static let waitMax: Duration = .seconds(3600)

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
    /// Whether the body is a page for people: a proxy's or a maintenance server's, never a stream.
    public var isPage: Bool
    /// Where a redirect leads, from `Location`, without a query or credentials.
    public var location: String?

    /// Reads the head of an answer.
    ///
    /// - Parameters:
    ///   - status: The status code.
    ///   - localNow: This host's clock, for waits only, where the answer has no `Date`.
    ///   - header: The value of a header by its lower-case name.
    public init(status: Int, localNow: Instant? = nil, header: (String) -> String?) {
        self.status = status
        date = header("date").flatMap { HTTPDate.instant($0) }
        let now = date ?? localNow
        func wait(until instant: Instant) -> Duration? {
            now.map { min(max(.zero, instant - $0), Self.waitMax) }
        }
        retryAfter = header("retry-after").flatMap { text in
            if let seconds = Int64(text) { return .seconds(min(max(0, seconds), Self.waitMax.components.seconds)) }
            return HTTPDate.instant(text).flatMap(wait)
        }
        rateLimitRemaining = header("x-rate-limit-remaining").flatMap { Int($0) }
        rateLimitReset = header("x-rate-limit-reset").flatMap { text in
            guard let seconds = Int64(text), (0..<1 << 40).contains(seconds) else { return nil }
            return wait(until: Instant(seconds: seconds))
        }
        isGzip = header("content-encoding")?.lowercased().contains("gzip") ?? false
        isPage = header("content-type")?.lowercased().hasPrefix("text/html") ?? false
        location = header("location").map(Self.withoutSecrets)
    }

    /// Whether a stream follows the head: only an answer with status 200 that is no page has one.
    public var isStream: Bool { status == 200 && !isPage }

    /// How long no request should be made after this answer; nil where it asks for nothing.
    public var asksToWait: Duration? {
        let isLimited = status == 429 || status == 420 || rateLimitRemaining == 0
        return [retryAfter, isLimited ? rateLimitReset : nil].compactMap(\.self).max()
    }

    private static func withoutSecrets(_ url: String) -> String {
        let address = url.prefix { $0 != "?" && $0 != "#" }
        guard let scheme = address.firstRange(of: "://"),
            let at = address[scheme.upperBound...].prefix(while: { $0 != "/" }).lastIndex(of: "@")
        else { return String(address.prefix(200)) }
        return String((address[..<scheme.upperBound] + address[address.index(after: at)...]).prefix(200))
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

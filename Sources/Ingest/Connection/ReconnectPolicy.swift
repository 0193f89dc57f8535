/// When to come back after a connection failed or ended.
///
/// | cause | first | then | at most |
/// |---|---|---|---|
/// | an established connection dropped after a minute or more | at once | | |
/// | TCP/IP error, or a drop within the first minute | 250 ms | +250 ms | 16 s |
/// | our own setup: a credentials file, the proxy, the trusted certificates | 250 ms | +250 ms | 16 s |
/// | HTTP error, credentials refused, request refused, place taken | 5 s | doubling | 320 s |
/// | 429 or 420 | 60 s | doubling | 960 s |
///
/// Source: the "Consuming streaming data" pages of the API's documentation; the upper bound for 429 is ours, a minute
/// beyond the longest rate-limit window. Each row counts its own attempts; a connection that lived a minute clears them
/// all. `Retry-After` and `x-rate-limit-reset` lengthen a delay and never shorten it.
///
/// An operational disconnect (a deploy) asks for "at once" and is a drop like any other: at once after a minute of life,
/// else within a quarter of a second, so that a server which closes every connection meets no tight loop. A taken place
/// clears nothing, however long it had been ours: two clients that fight over one place must both slow down.
public struct ReconnectPolicy: Sendable {
    /// Why a connection is to be made again.
    public enum Cause: Hashable, Sendable {
        /// An established connection ended, however.
        case dropped(lived: Duration)
        /// No answer at all: name resolution, TCP or TLS.
        case network
        /// Something on our side: nothing was asked, or our own proxy or certificates were in the way.
        case setup
        /// An error that passes: 5xx.
        case serverError
        /// Too many requests.
        case rateLimited
        /// Too many connections: another one has our place.
        case placeTaken
        /// 401 or 403.
        case unauthorized
        /// Any other 4xx, or a redirect: the request itself is wrong.
        case refused

        /// Whether waiting alone will not mend it.
        public var needsPerson: Bool {
            switch self {
            case .setup, .unauthorized, .refused: true
            case .dropped, .network, .serverError, .rateLimited, .placeTaken: false
            }
        }
    }

    /// The kind of growth that a cause follows.
    public enum Backoff: String, CaseIterable, Sendable {
        /// No waiting.
        case none
        /// Linear, for TCP/IP errors.
        case network
        /// Exponential, for HTTP errors.
        case http
        /// Exponential and slow, for 429.
        case rateLimit = "rate-limit"
    }

    /// When to try again.
    public struct Decision: Hashable, Sendable {
        /// How long to wait from now.
        public var delay: Duration
        /// The row that gave it.
        public var backoff: Backoff
        /// How often that row has been used since a connection last lived a minute; from 1, and 0 for `none`.
        public var attempt: Int
        /// Whether the row's upper bound is reached, which calls for a person.
        public var isAtUpperBound: Bool
    }

    /// A connection that lived this long is established.
    public static let establishedAfter: Duration = .seconds(60)

    private var attempts: [Backoff: Int] = [:]

    /// A policy without history.
    public init() {}

    /// Decides when to come back.
    ///
    /// - Parameters:
    ///   - cause: What happened.
    ///   - serverAsks: How long the server asks to wait, if it does.
    public mutating func decide(_ cause: Cause, serverAsks: Duration? = nil) -> Decision {
        if case .dropped(let lived) = cause, lived >= Self.establishedAfter { attempts = [:] }
        let backoff = Self.backoff(of: cause)
        guard backoff != .none else {
            return Decision(delay: serverAsks ?? .zero, backoff: .none, attempt: 0, isAtUpperBound: false)
        }
        let attempt = attempts[backoff, default: 0] + 1
        attempts[backoff] = attempt
        let (delay, isAtUpperBound) = Self.delay(backoff, attempt: attempt)
        return Decision(
            delay: max(delay, serverAsks ?? .zero),
            backoff: backoff,
            attempt: attempt,
            isAtUpperBound: isAtUpperBound
        )
    }

    private static func backoff(of cause: Cause) -> Backoff {
        switch cause {
        case .dropped(let lived): lived >= establishedAfter ? .none : .network
        case .network, .setup: .network
        case .serverError, .unauthorized, .refused, .placeTaken: .http
        case .rateLimited: .rateLimit
        }
    }

    private static func delay(_ backoff: Backoff, attempt: Int) -> (Duration, isAtUpperBound: Bool) {
        let first: Duration
        let limit: Duration
        let factor: Int
        switch backoff {
        case .none: return (.zero, false)
        case .network: (first, limit, factor) = (.milliseconds(250), .seconds(16), attempt)
        case .http: (first, limit, factor) = (.seconds(5), .seconds(320), 1 << min(attempt - 1, 20))
        case .rateLimit: (first, limit, factor) = (.seconds(60), .seconds(960), 1 << min(attempt - 1, 20))
        }
        let delay = first * factor
        return (min(delay, limit), delay >= limit)
    }
}

import Tweets

/// How many requests of an account are allowed in a time; refused ones count too, so that haste makes it worse.
struct RequestBudget: Sendable {
    let limit: Int
    let window: Duration
    private var times: [Instant] = []

    /// - Parameter limit: No limit for 0.
    init(limit: Int, window: Duration) {
        self.limit = limit
        self.window = window
    }

    /// What is left after a request.
    struct Verdict: Sendable {
        var isAllowed: Bool
        var remaining: Int
        /// When the oldest request that counts is forgotten.
        var reset: Instant
    }

    mutating func request(at now: Instant) -> Verdict {
        guard limit > 0 else { return Verdict(isAllowed: true, remaining: Int(Int32.max), reset: now) }
        times.removeAll { $0 + window <= now }
        times.append(now)
        // Older ones than the limit counts change nothing but when the next is allowed.
        if times.count > 2 * limit { times.removeFirst() }
        let reset = (times.count > limit ? times[times.count - limit] : times[0]) + window
        return Verdict(isAllowed: times.count <= limit, remaining: max(0, limit - times.count), reset: reset)
    }
}

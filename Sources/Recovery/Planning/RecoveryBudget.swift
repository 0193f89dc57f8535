public import Tweets

/// Counts requests in a sliding span, so that recovery never takes what the live connections need.
public struct RecoveryBudget: Hashable, Sendable {
    /// The most requests in the span.
    public let limit: Int
    /// The span.
    public let span: Duration
    private var made: [MonotonicInstant] = []

    /// A budget of which nothing is used yet.
    public init(limit: Int, span: Duration) {
        self.limit = limit
        self.span = span
    }

    /// The budget of a dialect.
    public init(_ limits: DialectLimits) {
        self.init(limit: limits.budget, span: limits.budgetSpan)
    }

    /// How many requests may be made at once.
    public func available(at now: MonotonicInstant) -> Int {
        max(0, limit - made.count { now - $0 < span })
    }

    /// Takes one request out of the budget.
    ///
    /// - Returns: Whether there was one.
    public mutating func take(at now: MonotonicInstant) -> Bool {
        made.removeAll { now - $0 >= span }
        guard made.count < limit else { return false }
        made.append(now)
        return true
    }
}

public import Tweets

/// How many connection requests a process may make within a window.
///
/// The upstream counts the requests of all hosts, partitions and jobs of an account together, and every answer 429
/// lengthens the ban; so a process keeps to a share of the documented number, however many connections it has.
public struct RequestBudget: Sendable {
    /// The share of the account's budget that one process uses unless told otherwise.
    public static let shareOfAccount = 2

    private let requestsMax: Int
    private let window: Duration
    private var requests: [MonotonicInstant] = []

    /// A budget of `requestsMax` requests in any `window`.
    public init(requestsMax: Int, window: Duration) {
        precondition(requestsMax >= 1, "a budget of \(requestsMax) requests")
        self.requestsMax = requestsMax
        self.window = window
    }

    /// The budget of one process under a dialect's contract.
    public init(_ contract: DialectContract) {
        self.init(requestsMax: max(1, contract.requestsMax / Self.shareOfAccount), window: contract.requestWindow)
    }

    /// Takes one request out of the budget.
    ///
    /// - Returns: Nil where the request may be made now; otherwise the first moment at which to ask again.
    public mutating func take(now: MonotonicInstant) -> MonotonicInstant? {
        requests.removeAll { $0 + window <= now }
        guard requests.count >= requestsMax else {
            requests.append(now)
            return nil
        }
        return requests[requests.count - requestsMax] + window
    }
}

public import Tweets

/// What the upstream allows and demands of requests for the past, one row a dialect.
///
/// | | gnip Replay | v2 |
/// | --- | --- | --- |
/// | window | 5 days | 24 hours |
/// | granularity | 1 minute | 1 second |
/// | youngest `from` / `to` | 31 min / 30 min | none / 12 s |
/// | longest request | 2 h (advised) | 2 h (ours) |
/// | at once | 2 (ours) | 2 |
/// | requests | 5 in 5 min, its own | 50 in 15 min, shared with the live connections |
/// | partitions | all on one connection | each by itself |
/// | outcome | told by a message | the connection ends, a message may come first |
public struct DialectLimits: Hashable, Sendable {
    /// How far back can be asked for.
    public var window: Duration
    /// Both ends of a request are multiples of it.
    public var granularity: Duration
    /// How old the start of a request must be at least.
    public var fromAgeMin: Duration
    /// How old the end of a request must be at least.
    public var toAgeMin: Duration
    /// The longest stretch of one request.
    public var requestMax: Duration
    /// The most requests at once.
    public var concurrentMax: Int
    /// The most requests in `budgetSpan` that recovery may make; live connections come first.
    public var budget: Int
    /// The span of the budget.
    public var budgetSpan: Duration
    /// Whether one request carries all stream partitions of the product.
    public var carriesAllPartitions: Bool
    /// Whether only a message tells that a request completed, so that an end without one is a failure.
    public var tellsOutcome: Bool
    /// A gap this close to leaving the window no longer waits for anything.
    public var deadlineMargin: Duration

    /// Enterprise Replay.
    ///
    /// Source: "Replay API" of the enterprise documentation: five days, minutes, 31 and 30 minutes, two hours a request,
    /// 5 requests in 5 minutes.
    public static let gnip = DialectLimits(
        window: .seconds(5 * 86400),
        granularity: .seconds(60),
        fromAgeMin: .seconds(31 * 60),
        toAgeMin: .seconds(30 * 60),
        requestMax: .seconds(2 * 3600),
        concurrentMax: 2,
        budget: 5,
        budgetSpan: .seconds(300),
        carriesAllPartitions: true,
        tellsOutcome: true,
        deadlineMargin: .seconds(12 * 3600)
    )

    /// v2 recovery with `start_time` and `end_time`.
    ///
    /// Source: "Recovery and redundancy features" of the v2 documentation: 24 hours, two jobs at once. The 50 requests in
    /// 15 minutes are the live endpoint's, so that recovery takes at most half of them. An `end_time` must lie at least
    /// 10 s back, as everywhere in v2; two seconds more are for the clocks.
    public static let v2 = DialectLimits(
        window: .seconds(86400),
        granularity: .seconds(1),
        fromAgeMin: .zero,
        toAgeMin: .seconds(12),
        requestMax: .seconds(2 * 3600),
        concurrentMax: 2,
        budget: 25,
        budgetSpan: .seconds(900),
        carriesAllPartitions: false,
        tellsOutcome: false,
        deadlineMargin: .seconds(2 * 3600)
    )

    /// The row of a dialect.
    public static func of(_ dialect: StreamDialect) -> DialectLimits {
        switch dialect {
        case .gnip: .gnip
        case .v2: .v2
        }
    }

    /// A request takes its time to reach the server, whose clock is its own.
    public static let edgeMargin: Duration = .seconds(10)

    /// The first moment that can still be asked for.
    public func windowEdge(at now: Instant) -> Instant {
        (now - window + Self.edgeMargin).alignedUp(to: granularity)
    }

    /// Whether a request for the interval would be accepted at `now`.
    public func accepts(_ range: EventInterval, at now: Instant) -> Bool {
        !range.isEmpty && range.duration <= requestMax
            && range.from.alignedDown(to: granularity) == range.from
            && range.to.alignedDown(to: granularity) == range.to
            && range.from >= now - window && range.from <= now - fromAgeMin && range.to <= now - toAgeMin
    }
}

import Recovery
import Tweets

/// A way to turn what a session read, and what of it was acknowledged, into a claim.
protocol ClaimRule {
    /// A session that opened at that moment.
    init(openedAt: Int64, backfillMinutes: Int)

    /// What goes with every record that is sent now, and comes back with its acknowledgement.
    var tag: Int { get }

    /// Lets time pass; true where a second has ended.
    mutating func advance(to time: Int64) -> Bool
    mutating func read(_ id: TweetID)
    mutating func finish(at time: Int64)
    mutating func acknowledged(_ tag: Int)
    mutating func settle(isOver: Bool)

    var claim: EventInterval? { get }
    var isCredited: Bool { get }
}

extension ClaimRule {
    /// The rule of the model's sessions.
    static var rule: CoverageRule { CoverageRule(slack: .seconds(120)) }

    /// The server's `Date`: in whole seconds, rounded down.
    static func serverDate(_ time: Int64) -> Instant {
        (ModelWorld.midnight + .milliseconds(time)).alignedDown(to: .seconds(1))
    }
}

/// The product's own rule.
struct ProductRule: ClaimRule {
    private var coverage: SessionCoverage
    private let counters = Counters()

    private final class Counters {
        var slots = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
    }

    init(openedAt: Int64, backfillMinutes: Int) {
        coverage = SessionCoverage(
            rule: Self.rule,
            carriesTweets: true,
            serverDate: Self.serverDate(openedAt),
            openedAt: Self.clock(openedAt),
            backfillAsked: backfillMinutes > 0
        )
    }

    var tag: Int { coverage.slot }
    var claim: EventInterval? { coverage.covered }
    var isCredited: Bool { coverage.creditedFrom != nil }

    mutating func advance(to time: Int64) -> Bool { coverage.advance(to: Self.clock(time)) }

    mutating func read(_ id: TweetID) { coverage.read(id) }

    mutating func finish(at time: Int64) { coverage.finish(now: Self.clock(time)) }

    mutating func acknowledged(_ tag: Int) { counters.slots[tag] += 1 }

    mutating func settle(isOver: Bool) {
        let counters = counters
        coverage.settle(isOver: isOver) { counters.slots[$0] }
    }

    private static func clock(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }
}

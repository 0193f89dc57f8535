import Recovery
import Tweets

/// A server, two connections with all that can happen to them, and the truth about what reached Kafka; day after day.
///
/// Kafka forgets nothing here: what was acknowledged is there. A Tweet that no connection brought to it must lie in a
/// gap, that is in no claim.
public struct CoverageModel: Sendable {
    /// What happened in some days.
    public struct Outcome: Sendable {
        /// Days that were simulated.
        public var days = 0
        /// Seconds of them in which Tweets flowed.
        public var awakeSeconds = 0
        /// Sessions of both connections.
        public var sessions = 0
        /// Sessions that earned credit for backfill.
        public var creditedSessions = 0
        /// Tweets that were created.
        public var tweets = 0
        /// Tweets that reached Kafka over neither connection, since the first of them listened.
        public var undelivered = 0
        /// Those of them that lie in a claim: lost without a word.
        public var lostInsideClaims = 0
        /// Seconds of event time that are in no claim although each of their Tweets reached Kafka.
        public var needlessSeconds = 0.0
        /// The seeds of the days on which a Tweet was lost without a word, ascending.
        public var badDays: [UInt64] = []

        /// Nothing yet.
        public init() {}

        /// Adds what happened in other days.
        public mutating func add(_ other: Outcome) {
            days += other.days
            awakeSeconds += other.awakeSeconds
            sessions += other.sessions
            creditedSessions += other.creditedSessions
            tweets += other.tweets
            undelivered += other.undelivered
            lostInsideClaims += other.lostInsideClaims
            needlessSeconds += other.needlessSeconds
            badDays = (badDays + other.badDays).sorted()
        }

        /// What happened, in a line.
        public var report: String {
            let perDay = Int(needlessSeconds / Double(max(1, days)))
            return "\(days) simulated days (\(awakeSeconds / 3600) h of them with Tweets), \(tweets) Tweets, "
                + "\(sessions) sessions, \(creditedSessions) with credit; \(undelivered) Tweets undelivered, "
                + "\(lostInsideClaims) of them in no gap; \(perDay) s of needless recovery a day"
        }
    }

    /// Whether the days are ordinary ones: both connections healthy, with a reconnect now and then.
    public var isQuiet: Bool

    /// A model of bad days, or of quiet ones.
    public init(isQuiet: Bool = false) {
        self.isQuiet = isQuiet
    }

    /// One day by the product's rule.
    public func day(seed: UInt64) -> Outcome {
        Day(isQuiet: isQuiet, seed: seed).play(by: {
            ProductRule(openedAt: $0.start, backfillMinutes: $0.backfillMinutes)
        })
    }

    /// One day by a rule with a flaw.
    public func day(seed: UInt64, flaw: Flaw) -> Outcome {
        Day(isQuiet: isQuiet, seed: seed).play(by: {
            PlainRule(openedAt: $0.start, backfillMinutes: $0.backfillMinutes, flaw: flaw)
        })
    }

    /// What a day's losses without a word were, for people.
    public func story(seed: UInt64) -> [String] {
        Day(isQuiet: isQuiet, seed: seed).story()
    }

    /// The sessions of one day for which the product's rule and the plain one end with different claims.
    public func disagreements(seed: UInt64) -> [String] {
        let day = Day(isQuiet: isQuiet, seed: seed)
        var product: [EventInterval?] = []
        var plain: [EventInterval?] = []
        _ = day.play(
            { product.append($1) },
            by: { ProductRule(openedAt: $0.start, backfillMinutes: $0.backfillMinutes) }
        )
        _ = day.play({ plain.append($1) }, by: { PlainRule(openedAt: $0.start, backfillMinutes: $0.backfillMinutes) })
        return zip(product, plain).enumerated().compactMap { number, claims in
            guard claims.0 != claims.1 else { return nil }
            func text(_ claim: EventInterval?) -> String { claim.map(\.description) ?? "nothing" }
            return "session \(number) of day \(seed): \(text(claims.0)), by the plain rule \(text(claims.1))"
        }
    }
}

import Recovery
import Testing
import Tweets

/// A session that is driven by hand: Tweets in, acknowledgements in, claims out.
///
/// It opened at second 0 of both clocks.
struct DrivenSession {
    var coverage: SessionCoverage
    var acknowledged = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
    private var sequence: UInt64 = 0

    init(slack: Int64 = 120, backfillAsked: Bool = false, carriesTweets: Bool = true, serverDate: Instant? = at(0)) {
        coverage = SessionCoverage(
            rule: CoverageRule(slack: .seconds(slack)),
            carriesTweets: carriesTweets,
            serverDate: serverDate,
            openedAt: clock(0),
            backfillAsked: backfillAsked
        )
    }

    /// Reads Tweets created at those seconds, in the present second.
    mutating func read(_ createdAt: [Double]) throws {
        for second in createdAt {
            let time = at(0) + .milliseconds(Int64(second * 1000))
            sequence += 1
            let number = UInt64(time.milliseconds - TweetID.snowflakeEpoch) << 22 | sequence & 0x3F_FFFF
            coverage.read(try #require(TweetID(number)))
        }
    }

    mutating func acknowledge(_ slot: Int, _ count: Int) {
        acknowledged[slot] += UInt64(count)
    }

    mutating func settle(isOver: Bool = false) {
        let counters = acknowledged
        coverage.settle(isOver: isOver) { counters[$0] }
    }

    /// Reads in one second of the clock, all acknowledged at its end.
    mutating func second(_ second: Int64, _ createdAt: [Double]) throws {
        coverage.received(at: clock(second))
        try read(createdAt)
        acknowledge(coverage.slot, createdAt.count)
        _ = coverage.advance(to: clock(second + 1))
        settle()
    }

    /// Reads `rate` Tweets of each second of event time in the same second of the clock, all acknowledged.
    mutating func stream(_ seconds: Range<Int64>, rate: Int = 10, lag: Double = 0) throws {
        for second in seconds { try self.second(second, tweets(second, rate: rate, lag: lag)) }
    }

    /// Reads a backfill of those seconds of event time, all acknowledged, in the present second.
    mutating func backfill(_ seconds: Range<Int64>, rate: Int = 10) throws {
        for second in seconds {
            let tweets = tweets(second, rate: rate, lag: 0)
            try read(tweets)
            acknowledge(coverage.slot, tweets.count)
        }
    }

    private func tweets(_ second: Int64, rate: Int, lag: Double) -> [Double] {
        (0..<rate).map { Double(second) - lag + Double($0) / Double(rate) }
    }
}

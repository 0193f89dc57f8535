import Recovery
import Tweets

/// A server, two connections with all that can happen to them, and the truth about what reached Kafka.
///
/// Time is in milliseconds since the world began.
struct CoverageModel {
    /// How a server answers the request for backfill.
    enum Backfill: CaseIterable {
        case full
        case partial
        case ignored
        case thinned
        case cut
    }

    /// How a session ends.
    enum End: CaseIterable {
        /// The connection drops; what was read is acknowledged later.
        case dropped
        /// The process dies: what was not acknowledged is gone, and the last published claim stays.
        case killed
        /// The connection drops, and the process dies before the last acknowledgements.
        case droppedThenKilled
    }

    struct Tweet {
        var id: TweetID
        var created: Int64
        var delivered: Int64
    }

    struct Outcome {
        var tweets = 0
        var undelivered = 0
        var creditedSessions = 0
        /// Tweets that reached Kafka over nobody and yet lie in a claim.
        var lostInsideClaims: [Tweet] = []
        /// Seconds of event time in no claim although every one of their Tweets reached Kafka.
        var needlessSeconds = 0
    }

    static let slack: Int64 = 120_000
    static let latencyMax: Int64 = 118_000
    let length: Int64
    let tweets: [Tweet]
    private let byDelivery: [Int]
    private let quiet: Bool

    init(seconds: Int64, rate: Double, quiet: Bool = false, using generator: inout SplitMix64) {
        length = seconds * 1000
        self.quiet = quiet
        var tweets: [Tweet] = []
        var created = 0.0
        var exit: Int64 = 0
        let rampStart = Int64.random(in: 0..<length, using: &generator)
        let rampLength = Int64.random(in: 60_000...600_000, using: &generator)
        let rampHeight = quiet ? 0 : Int64.random(in: 0...400_000, using: &generator)
        var sequence: UInt64 = 0
        while created < Double(length) {
            created += -1000 / rate * Double.random(in: 0.0001..<1, using: &generator).logarithm
            let latency =
                generator.chance(0.008)
                ? Int64.random(in: 6000...Self.latencyMax, using: &generator)
                : Int64.random(in: 150...5000, using: &generator)
            sequence += 1
            let since = midnight.milliseconds + Int64(created) - TweetID.snowflakeEpoch
            guard let id = TweetID(UInt64(since) << 22 | sequence & 0x3F_FFFF) else { continue }
            tweets.append(Tweet(id: id, created: Int64(created), delivered: Int64(created) + latency))
        }
        // A lagging stream is a queue behind whatever delayed each Tweet before it: first in, first out.
        for index in tweets.indices.sorted(by: { tweets[$0].delivered < tweets[$1].delivered }) {
            let along = tweets[index].delivered - rampStart
            let lag = along < 0 || along > rampLength ? 0 : rampHeight * along / rampLength
            exit = max(exit, tweets[index].delivered + lag)
            tweets[index].delivered = exit
        }
        self.tweets = tweets
        byDelivery = tweets.indices.sorted { tweets[$0].delivered < tweets[$1].delivered }
    }

    /// Runs both connections and compares their claims with the truth.
    func run(using generator: inout SplitMix64) -> Outcome {
        var reached = [Bool](repeating: false, count: tweets.count)
        var claims = IntervalSet([])
        var outcome = Outcome()
        var firstLeft = Int64.max
        for _ in 0..<2 {
            var time = Int64.random(in: 0...100_000, using: &generator)
            while time < length {
                let life = quiet ? length : Int64.random(in: 5000...900_000, using: &generator)
                let end = min(length, time + life)
                let session = run(from: time, to: end, reached: &reached, using: &generator)
                if let claim = session.claim { claims = claims.union(IntervalSet([claim])) }
                if session.isCredited { outcome.creditedSessions += 1 }
                firstLeft = min(firstLeft, time + 5000)
                time = end + Int64.random(in: 0...(generator.chance(0.5) ? 5000 : 400_000), using: &generator)
            }
        }
        let settled = length - 2 * Self.slack - 400_000
        var secondsWithLoss: Set<Int64> = []
        for index in tweets.indices {
            let tweet = tweets[index]
            guard tweet.created >= firstLeft, tweet.created < settled else { continue }
            outcome.tweets += 1
            guard !reached[index] else { continue }
            outcome.undelivered += 1
            secondsWithLoss.insert(tweet.created / 1000)
            if claims.contains(midnight + .milliseconds(tweet.created)) { outcome.lostInsideClaims.append(tweet) }
        }
        for second in stride(from: firstLeft / 1000, to: settled / 1000, by: 1)
        where !secondsWithLoss.contains(second) && !claims.contains(at(second)) {
            outcome.needlessSeconds += 1
        }
        return outcome
    }

    private func run(
        from start: Int64,
        to end: Int64,
        reached: inout [Bool],
        using generator: inout SplitMix64
    ) -> (claim: EventInterval?, isCredited: Bool) {
        let asked = generator.chance(0.8) ? Int64.random(in: 1...5, using: &generator) : 0
        let (reads, last) = reads(from: start, to: end, asked: asked, using: &generator)
        let ending = End.allCases.randomElement(using: &generator) ?? .killed
        var stuckFrom = Int64.max
        var stuckTo = Int64.max
        if !quiet, generator.chance(0.3) {
            stuckFrom = Int64.random(in: start...end, using: &generator)
            stuckTo = stuckFrom + Int64.random(in: 1000...200_000, using: &generator)
        }
        var driver = Driver(start: start, backfillAsked: asked > 0)
        var acknowledgedAt = start
        for (readAt, index) in reads {
            driver.advance(to: readAt)
            let delay = Int64.random(in: 5...(generator.chance(0.01) ? 3000 : 200), using: &generator)
            acknowledgedAt = max(acknowledgedAt, readAt + delay)
            if acknowledgedAt >= stuckFrom, acknowledgedAt < stuckTo { acknowledgedAt = stuckTo }
            driver.read(tweets[index].id, index: index, acknowledgedAt: acknowledgedAt)
        }
        driver.advance(to: last)
        switch ending {
        case .killed:
            break
        case .dropped:
            driver.finish(at: last, waitingUntil: .max)
        case .droppedThenKilled:
            driver.finish(at: last, waitingUntil: last + Int64.random(in: 0...1000, using: &generator))
        }
        for index in driver.acknowledged { reached[index] = true }
        return (driver.claim, driver.isCredited)
    }

    /// What a session reads and when, and when it ends.
    private func reads(
        from start: Int64,
        to end: Int64,
        asked: Int64,
        using generator: inout SplitMix64
    ) -> (reads: [(at: Int64, index: Int)], end: Int64) {
        var end = end
        var reads: [(at: Int64, index: Int)] = []
        var liveFrom = start
        let mode = quiet ? .full : Backfill.allCases.randomElement(using: &generator) ?? .full
        if asked > 0, mode != .ignored {
            let from = start - asked * 60_000
            var old = delivered(from..<start)
            if mode == .partial { old = Array(old.suffix(Int.random(in: 0...old.count, using: &generator))) }
            if mode == .thinned { old = old.filter { _ in generator.chance(0.4) } }
            let spread = asked * 60_000 / Int64.random(in: 4...30, using: &generator)
            for (number, index) in old.enumerated() {
                reads.append((start + spread * Int64(number) / Int64(max(1, old.count)), index))
            }
            liveFrom = start + spread
            if mode == .cut { end = min(end, start + Int64.random(in: 0...spread, using: &generator)) }
        }
        for index in delivered(start..<end) { reads.append((max(liveFrom, tweets[index].delivered), index)) }
        return (reads.filter { $0.at < end }, end)
    }

    private func delivered(_ range: Range<Int64>) -> [Int] {
        let first = position(of: range.lowerBound)
        return Array(byDelivery[first..<max(first, position(of: range.upperBound))])
    }

    /// The first place in `byDelivery` at or after a moment.
    private func position(of moment: Int64) -> Int {
        var low = 0
        var high = byDelivery.count
        while low < high {
            let middle = (low + high) / 2
            if tweets[byDelivery[middle]].delivered < moment { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

/// Drives one `SessionCoverage` as a bridge does: published once a second, acknowledged in order.
private struct Driver {
    private(set) var claim: EventInterval?
    private(set) var acknowledged: [Int] = []
    private var coverage: SessionCoverage
    private var counters = [UInt64](repeating: 0, count: SessionCoverage.slotCount)
    private var waiting: [(at: Int64, slot: Int, index: Int)] = []
    private var next = 0

    init(start: Int64, backfillAsked: Bool) {
        coverage = SessionCoverage(
            rule: CoverageRule(slack: .milliseconds(CoverageModel.slack)),
            carriesTweets: true,
            serverDate: (midnight + .milliseconds(start)).alignedDown(to: .seconds(1)),
            openedAt: Self.clock(start),
            backfillAsked: backfillAsked
        )
    }

    var isCredited: Bool { coverage.creditedFrom != nil }

    mutating func advance(to time: Int64) {
        guard coverage.advance(to: Self.clock(time)) else { return }
        publish(at: time, isOver: false)
    }

    mutating func read(_ id: TweetID, index: Int, acknowledgedAt: Int64) {
        waiting.append((acknowledgedAt, coverage.slot, index))
        coverage.read(id)
    }

    mutating func finish(at time: Int64, waitingUntil: Int64) {
        coverage.finish(now: Self.clock(time))
        publish(at: waitingUntil, isOver: true)
    }

    private mutating func publish(at time: Int64, isOver: Bool) {
        while next < waiting.count, waiting[next].at <= time {
            counters[waiting[next].slot] += 1
            acknowledged.append(waiting[next].index)
            next += 1
        }
        let counters = counters
        coverage.settle(isOver: isOver) { counters[$0] }
        claim = coverage.covered
    }

    private static func clock(_ milliseconds: Int64) -> MonotonicInstant {
        MonotonicInstant(nanoseconds: milliseconds * 1_000_000)
    }
}
